import type { Finding, JsonObject } from '@backstep/core'
import { RollbackError } from '@backstep/core'
import type { Call, KubernetesObject } from '@backstep/kubernetes'
import type { ReleaseObjects } from './client.ts'
import { nameOf } from './live-release.ts'
import type { SeenRelease } from './release-position.ts'

const fluxName = 'helm.toolkit.fluxcd.io/name'
const fluxNamespace = 'helm.toolkit.fluxcd.io/namespace'
const argoTracking = 'argocd.argoproj.io/tracking-id'

/** A controller that would put the release back to what git says: Flux unless it is suspended, and Argo CD. */
export async function ownerFindings(
  client: ReleaseObjects,
  { live }: SeenRelease,
  whenOwned: 'refuse' | 'warn',
  call: Call,
): Promise<readonly Finding[]> {
  const owners = new Set<string>()
  for (const { metadata } of live.values()) {
    const [name, namespace] = [metadata.labels?.[fluxName], metadata.labels?.[fluxNamespace]]
    if (name !== undefined && namespace !== undefined) owners.add(`flux ${namespace} ${name}`)
    const tracking = metadata.annotations?.[argoTracking]
    if (tracking !== undefined) owners.add(`argo ${tracking.split(':')[0] ?? ''}`)
  }
  const found = await Promise.all([...owners].map((owner) => ownerOf(client, owner, call)))
  return found.flatMap((owner): readonly Finding[] =>
    owner === undefined
      ? []
      : [
          {
            level: whenOwned === 'refuse' ? 'blocker' : 'warning',
            code: 'helm.owned',
            message: `${owner} owns this release and puts it back to what git says`,
            hint: 'Suspend it in a step before this one and set whenOwned to warn, or revert in git.',
          },
        ],
  )
}

async function ownerOf(client: ReleaseObjects, owner: string, call: Call): Promise<string | undefined> {
  const [kind, first = '', second = ''] = owner.split(' ')
  if (kind === 'argo') return `The Argo CD application ${first}`
  const found = await helmRelease(client, first, second, call).catch(hidden)
  if (found === 'hidden') return `The Flux HelmRelease ${first}/${second}, at which this identity may not look,`
  if (found === undefined) return `The Flux HelmRelease ${first}/${second}`
  return (found['spec'] as JsonObject | undefined)?.['suspend'] === true ? undefined : `The Flux HelmRelease ${first}/${second}`
}

function hidden(error: unknown): 'hidden' {
  if (error instanceof RollbackError && error.code === 'PERMISSION_DENIED') return 'hidden'
  throw error
}

async function helmRelease(client: ReleaseObjects, namespace: string, name: string, call: Call): Promise<KubernetesObject | undefined> {
  const kinds = ['helm.toolkit.fluxcd.io/v2', 'helm.toolkit.fluxcd.io/v2beta2'].map((apiVersion) => ({ apiVersion, kind: 'HelmRelease' }))
  const served = await client.kinds(kinds, call)
  const kind = kinds.find((_, index) => served[index] !== undefined)
  return kind === undefined ? undefined : client.get({ ...kind, namespace, name }, call)
}

/** An autoscaler sets the replicas of these on purpose: they are no change by hand, and no failure of the rollback. */
export async function replicasHeldByAutoscalers(client: ReleaseObjects, { tracked }: SeenRelease, call: Call): Promise<readonly string[]> {
  const scaled = new Map(
    [...tracked.from.objects.values(), ...tracked.to.objects.values()]
      .filter(({ content }) => (content['spec'] as JsonObject | undefined)?.['replicas'] !== undefined)
      .map((object) => [object.key, object] as const),
  )
  const namespaces = [...new Set([...scaled.values()].flatMap(({ ref }) => ref.namespace ?? []))]
  const lists = await Promise.all(namespaces.map((namespace) => autoscalersIn(client, namespace, call)))
  const targets = new Set(lists.flat())
  return [...scaled.values()]
    .filter(({ ref }) => targets.has(`${ref.namespace ?? ''} ${ref.kind} ${ref.name}`))
    .map(({ key }) => `${nameOf(key)}: /spec/replicas`)
}

async function autoscalersIn(client: ReleaseObjects, namespace: string, call: Call): Promise<readonly string[]> {
  const kind = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' }
  const found = await client.list({ ...kind, namespace }, call).catch((error: unknown) => {
    if (error instanceof RollbackError && ['PERMISSION_DENIED', 'NOT_SUPPORTED'].includes(error.code)) return []
    throw error
  })
  return found.map((scaler) => {
    const { scaleTargetRef } = (scaler['spec'] ?? {}) as { readonly scaleTargetRef?: { readonly kind: string; readonly name: string } }
    return `${namespace} ${scaleTargetRef?.kind ?? ''} ${scaleTargetRef?.name ?? ''}`
  })
}
