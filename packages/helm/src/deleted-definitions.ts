import type { Finding, JsonObject } from '@backstep/core'
import { RollbackError } from '@backstep/core'
import type { Call } from '@backstep/kubernetes'
import type { ReleaseObjects } from './client.ts'
import { leavingObjects } from './release-changes.ts'
import type { SeenRelease } from './release-position.ts'

/** How many custom resources would go with each definition that leaves the release, by namespace. */
export async function deletedDefinitionFindings(
  client: ReleaseObjects,
  { tracked, live }: SeenRelease,
  call: Call,
): Promise<readonly Finding[]> {
  const leaving = leavingObjects(tracked.from.objects, tracked.to.objects).filter(
    ({ key, ref }) => ref.kind === 'CustomResourceDefinition' && live.has(key),
  )
  return Promise.all(
    leaving.map(async ({ key, ref }): Promise<Finding> => {
      const spec = (live.get(key)?.['spec'] ?? {}) as JsonObject
      return {
        level: 'info',
        code: 'helm.custom-resources',
        message: `${ref.name} has ${await countInstances(client, spec, call)}`,
        hint: 'Keep the definition as long as anybody needs one of them.',
      }
    }),
  )
}

async function countInstances(client: ReleaseObjects, spec: JsonObject, call: Call): Promise<string> {
  const versions = (spec['versions'] ?? []) as readonly { readonly name: string; readonly served: boolean }[]
  const version = versions.find(({ served }) => served)?.name
  const kind = ((spec['names'] ?? {}) as JsonObject)['kind']
  const { group } = spec
  if (version === undefined || typeof kind !== 'string' || typeof group !== 'string') return 'no version that is served'
  try {
    const found = await client.list({ apiVersion: `${group}/${version}`, kind }, call)
    const byNamespace = Map.groupBy(found, ({ metadata }) => metadata.namespace ?? 'the whole cluster')
    const places = [...byNamespace].map(([namespace, members]) => `${members.length} in ${namespace}`)
    return `${found.length} custom resources${places.length > 0 ? `: ${places.join(', ')}` : ''}`
  } catch (error) {
    if (error instanceof RollbackError && error.code === 'PERMISSION_DENIED') return 'custom resources that this identity may not count'
    throw error
  }
}
