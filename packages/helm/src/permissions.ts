import type { Finding } from '@backstep/core'
import { groupOf, type Access, type Call } from '@backstep/kubernetes'
import type { ReleaseObjects } from './client.ts'
import type { ReleaseRef } from './release-history.ts'
import type { SeenRelease } from './release-position.ts'

/** Verbs on the records: read by us, written by Helm, and one of ours removed after a copy of it was made. */
const recordVerbs = ['list', 'get', 'create', 'update', 'delete']

/**
 * What a rollback of this release needs beyond reading, asked of the server: the verbs on its records, and on each kind of its manifests
 * those that its change takes. A blocker names verb and resource. `removed`: keys of objects that are deleted and made anew.
 */
export async function permissionFindings(
  client: ReleaseObjects,
  ref: ReleaseRef,
  seen: SeenRelease,
  call: Call,
  removed: ReadonlySet<string> = new Set(),
): Promise<readonly Finding[]> {
  const denied = await client.denied(neededAccess(ref, seen, removed), call)
  return denied.map(({ verb, group, resource, namespace }): Finding => {
    const what = `${verb} ${resource}${group === '' ? '' : `.${group}`}`
    return {
      level: 'blocker',
      code: 'helm.permission',
      message: `This identity may not ${what}${namespace === undefined ? '' : ` in ${namespace}`}`,
      hint: `Grant it "${what}", then preview again.`,
    }
  })
}

/** Every verb that a rollback between these two records takes. */
export function neededAccess(
  { namespace, driver }: ReleaseRef,
  { tracked, live }: SeenRelease,
  removed: ReadonlySet<string> = new Set(),
): readonly Access[] {
  const records = recordVerbs.map((verb): Access => ({ verb, group: '', resource: `${driver}s`, namespace }))
  const objects = new Map([...tracked.from.objects, ...tracked.to.objects])
  const accesses = [...objects.values()].flatMap(({ key, ref, served }): readonly Access[] => {
    if (served === undefined) return []
    const isInTarget = tracked.to.objects.has(key)
    const isPatched = isInTarget && live.has(key) && !removed.has(key)
    const verbs = ['get', ...(isPatched ? ['patch'] : ['create', 'delete'])]
    const place = ref.namespace === undefined ? {} : { namespace: ref.namespace }
    return verbs.map((verb) => ({ verb, group: groupOf(ref.apiVersion), resource: served.resource, ...place }))
  })
  return [...new Map([...records, ...accesses].map((access) => [JSON.stringify(access), access])).values()]
}
