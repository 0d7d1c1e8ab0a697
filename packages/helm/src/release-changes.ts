import { hashOf, type Change, type JsonObject } from '@backstep/core'
import { fieldChanges, resourceName, type Call } from '@backstep/kubernetes'
import type { TrackedObject, TrackedObjects } from './live-release.ts'
import { isKept } from './manifest.ts'
import { isToBeKept } from './precious-objects.ts'
import type { ReleaseHook, ReleaseRecord } from './release-record.ts'
import type { SeenRelease } from './release-position.ts'

/** Names of objects as changes, guards and leases use them, the same text in every package. */
export interface ObjectNames {
  readonly release: string
  of(object: TrackedObject): string
}

/** Reads the uids that names are made of: those of the namespaces that the manifests name, and of the live objects of the whole cluster. */
export async function objectNames(
  { namespace, release }: { readonly namespace: string; readonly release: string },
  { tracked, live }: SeenRelease,
  namespaceUid: (name: string, call: Call) => Promise<string>,
  call: Call,
): Promise<ObjectNames> {
  const objects = [...tracked.from.objects.values(), ...tracked.to.objects.values()]
  const namespaces = [...new Set([namespace, ...objects.flatMap(({ ref }) => ref.namespace ?? [])])]
  const uids = new Map(await Promise.all(namespaces.map(async (name) => [name, await namespaceUid(name, call)] as const)))
  return {
    release: `helm:${uids.get(namespace) ?? ''}/${release}`,
    of: ({ key, ref }) =>
      resourceName(ref.namespace === undefined ? (live.get(key)?.metadata.uid ?? 'new') : (uids.get(ref.namespace) ?? ''), ref),
  }
}

/** What a rollback does to the objects of the two manifests, in Helm's order: the target's objects, then what leaves the release. */
export function objectChanges({ tracked, live }: SeenRelease, names: ObjectNames): readonly Change[] {
  const [now, then] = [tracked.from.objects, tracked.to.objects]
  const kept = [...then.values()].flatMap((object) => changeOf(object, now.get(object.key), live.has(object.key), names))
  const leaving = leavingObjects(now, then)
    .filter(({ key, object }) => live.has(key) && !isToBeKept(object, live.get(key)))
    .map((object): Change => ({ resource: names.of(object), action: 'delete', before: hashOf(object.content) }))
  return [...kept, ...leaving]
}

/** Objects that only the record of now has, without those that are to be kept. */
export function leavingObjects(now: TrackedObjects, then: TrackedObjects): readonly TrackedObject[] {
  return [...now.values()].filter(({ key, object }) => !then.has(key) && !isKept(object))
}

/** What Helm does to one object of the target. */
export function changeOf(object: TrackedObject, before: TrackedObject | undefined, isLive: boolean, names: ObjectNames): readonly Change[] {
  const after = hashOf(object.content)
  if (before !== undefined && hashOf(before.content) === after)
    return isLive ? [] : [{ resource: names.of(object), action: 'create', after }]
  const resource = names.of(object)
  if (before === undefined && !isLive) return [{ resource, action: 'create', after }]
  const fields = before === undefined ? [] : fieldsOf(before.content, object.content)
  return [{ resource, action: 'update', ...(before === undefined ? {} : { before: hashOf(before.content) }), after, fields }]
}

function fieldsOf(before: JsonObject, after: JsonObject): NonNullable<Change['fields']> {
  const isSecret = after['kind'] === 'Secret'
  return Object.keys({ ...before, ...after }).flatMap((key) =>
    fieldChanges(before[key], after[key], { path: key, isSecret: isSecret && key !== 'metadata' && key !== 'type' }),
  )
}

/** Hooks that Helm runs around a change to this record, in its order. */
export function hooksAround({ hooks }: ReleaseRecord, verb: 'rollback' | 'upgrade'): readonly ReleaseHook[] {
  return [`pre-${verb}`, `post-${verb}`].flatMap((event) =>
    hooks
      .filter((hook) => hook.events.includes(event))
      .toSorted((one, other) => one.weight - other.weight || (one.name < other.name ? -1 : Number(one.name !== other.name))),
  )
}

/** The record itself, and the hooks that run around the objects. */
export function releaseChanges(
  seen: SeenRelease,
  names: ObjectNames,
  hooks: readonly ReleaseHook[],
  verb: 'rollback' | 'upgrade',
): readonly Change[] {
  const { last, to } = seen
  const runs = (event: string): readonly Change[] =>
    hooks
      .filter(({ events }) => events.includes(event))
      .map((hook) => ({
        resource: `${names.release}/hook/${event}/${hook.kind}/${hook.name}`,
        action: 'run',
        after: hashOf(hook.manifest),
      }))
  const record: Change = {
    resource: names.release,
    action: 'update',
    before: last.digest,
    ...(to === undefined ? {} : { after: to.digest }),
  }
  return [record, ...runs(`pre-${verb}`), ...objectChanges(seen, names), ...runs(`post-${verb}`)]
}
