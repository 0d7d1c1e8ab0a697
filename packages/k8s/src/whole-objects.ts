import type { Json, JsonObject } from '@backstep/core'
import { type Call, type KubernetesClient, type KubernetesObject, refOf, shortName, valueAt } from '@backstep/kubernetes'
import { drifted } from './errors.ts'
import { changesAnything, type Direction, type FieldValues, isSame, type ObjectWrite, type WholeObject } from './field-writes.ts'
import { markTrail, trailOf, trailWith, trailWithout } from './mark-trail.ts'
import { objectAt } from './workload.ts'

type Path = readonly string[]

/** A write, what it was compared with, and what the server would store; nothing, when nothing was asked. */
export interface TriedWrite {
  readonly write: ObjectWrite
  readonly live: KubernetesObject | undefined
  readonly stored: KubernetesObject | undefined
}

interface Move {
  readonly live: KubernetesObject | undefined
  readonly whole: WholeObject
  readonly mark: string
  readonly call: Call
}

/** An object that comes, goes or is applied, as the server would store it: its fields are filled in from a dry run. */
export async function tryWhole(
  client: Pick<KubernetesClient, 'tryApply' | 'tryCreate'>,
  write: ObjectWrite,
  { live, whole, mark, call }: Move,
): Promise<TriedWrite> {
  if (whole.how === 'delete') return { write, live, stored: undefined }
  const manifest = marked(wanted(whole, live), trailWith(write.trail, mark))
  const stored =
    whole.how === 'create'
      ? await client.tryCreate({ manifest }, call)
      : // what others own is compared by the caller; here all that is asked is what would be stored
        await client.tryApply({ manifest, force: true }, call)
  if (live === undefined) return { write: { ...write, fields: leavesOf(objectOf(whole.manifest), stored) }, live, stored }
  const fields = differences(live, stored)
  return { write: { ...write, fields, isNeeded: changesAnything(fields) }, live, stored }
}

/** One write of an object that comes, goes or is applied. Nothing of somebody else is overwritten: what was seen is what the server compares. */
export async function moveWhole(
  client: Pick<KubernetesClient, 'apply' | 'create' | 'remove'>,
  write: ObjectWrite,
  { live, whole, mark, direction, call }: Move & { readonly direction: Direction },
): Promise<void> {
  const removes = (whole.how === 'delete') === (direction === 'forward')
  if (removes) return removeSeen(client, write, live, call)
  const trail =
    direction === 'forward' ? trailWith(live === undefined ? write.trail : trailOf(live), mark) : trailWithout(write.trail, mark)
  const manifest = marked(wanted(whole, live), trail)
  if (whole.how === 'apply') {
    const seen = live === undefined ? manifest : withVersion(manifest, live.metadata.resourceVersion)
    await client.apply({ manifest: seen, force: whole.isForced }, call)
    return
  }
  const made = await client.create({ manifest }, call)
  if (made === undefined) throw drifted(shortName(write.ref), { at: 'elsewhere', detail: 'somebody else made it' })
}

async function removeSeen(
  client: Pick<KubernetesClient, 'remove'>,
  { ref }: ObjectWrite,
  live: KubernetesObject | undefined,
  call: Call,
): Promise<void> {
  if (live === undefined) return
  const { uid, resourceVersion } = live.metadata
  const answer = await client.remove({ ...ref, uid, resourceVersion, propagation: 'Background' }, call)
  if (answer === 'replaced') throw drifted(shortName(ref), { at: 'elsewhere', detail: 'it moved while it was looked at' })
}

/** An object that is not there yet. */
export function comingWrite(manifest: JsonObject, resource: string, how: 'create' | 'apply'): ObjectWrite {
  const { apiVersion, kind, name, namespace } = refOf(manifest)
  return {
    ref: { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) },
    resource,
    uid: '',
    trail: '',
    isNeeded: true,
    fields: [],
    whole: { how, wasThere: false, manifest, isForced: false, keepsReplicas: false },
  }
}

/** An object that is there, and to which a manifest is applied. */
export function applyingWrite(manifest: JsonObject, live: KubernetesObject, resource: string, keepsReplicas: boolean): ObjectWrite {
  return {
    ...comingWrite(manifest, resource, 'apply'),
    uid: live.metadata.uid,
    trail: trailOf(live),
    whole: { how: 'apply', wasThere: true, manifest, isForced: false, keepsReplicas },
  }
}

/** An object that is there, and shall not be. Its replicas may move until then: an autoscaler is no reason to keep it. */
export function goingWrite(live: KubernetesObject, resource: string): ObjectWrite {
  const manifest = manifestOf(live)
  const { apiVersion, kind, name, namespace } = refOf(manifest)
  const { metadata: _, ...content } = manifest
  return {
    ref: { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) },
    resource,
    uid: live.metadata.uid,
    trail: trailOf(live),
    isNeeded: true,
    fields: leavesOf(content as JsonObject, live)
      .filter(({ at }) => at.join('.') !== 'spec.replicas')
      .map(({ at, after: before }) => ({ at, ...(before === undefined ? {} : { before }) })),
    whole: { how: 'delete', wasThere: true, manifest, isForced: false, keepsReplicas: false },
  }
}

const serverOwned: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
])

/** An object without what the server writes by itself: how it would be made again. */
export function manifestOf(object: JsonObject): JsonObject {
  const { status: _, metadata, ...rest } = object
  const kept = Object.entries(objectOf(metadata)).filter(([field]) => !serverOwned.has(field))
  return { ...rest, metadata: Object.fromEntries(kept) } as JsonObject
}

/** Every value that a manifest sets, as it is stored. Lists count as one value. */
function leavesOf(manifest: JsonObject, stored: KubernetesObject, at: Path = []): readonly FieldValues[] {
  return Object.entries(manifest).flatMap(([key, value]) => {
    const path = [...at, key]
    if (isIdentity(path)) return []
    if (isObject(value) && Object.keys(value).length > 0) return leavesOf(value, stored, path)
    const after = valueAt(stored, path)
    return [{ at: path, ...(after === undefined ? {} : { after }) }]
  })
}

/** Where two versions of an object differ, as far up as one of them has nothing. */
function differences(live: Json | undefined, stored: Json | undefined, at: Path = []): readonly FieldValues[] {
  if (isIdentity(at) || isSame(live, stored)) return []
  // there is always a mark among the annotations, so none counts as empty
  if (at.length === 2 && at[0] === 'metadata' && (live === undefined || stored === undefined))
    return differences(live ?? {}, stored ?? {}, at)
  if (isObject(live) && isObject(stored)) {
    const keys = [...new Set([...Object.keys(live), ...Object.keys(stored)])]
    return keys.flatMap((key) => differences(live[key], stored[key], [...at, key]))
  }
  return [{ at, ...(live === undefined ? {} : { before: live }), ...(stored === undefined ? {} : { after: stored }) }]
}

/** What says which object it is, and what the server and this package write about it: no content. */
function isIdentity(at: Path): boolean {
  const [top, field, key] = at
  if (top === 'apiVersion' || top === 'kind' || top === 'status') return true
  if (top !== 'metadata' || field === undefined) return false
  return (field !== 'labels' && field !== 'annotations') || (field === 'annotations' && key === markTrail[2])
}

function wanted({ manifest, keepsReplicas }: WholeObject, live: KubernetesObject | undefined): JsonObject {
  const object = objectOf(manifest)
  const replicas = valueAt(live, ['spec', 'replicas'])
  return keepsReplicas && replicas !== undefined ? { ...object, spec: { ...objectAt(object, ['spec']), replicas } } : object
}

function marked(manifest: Json, trail: string): JsonObject {
  const object = objectOf(manifest)
  const annotations = { ...objectAt(object, ['metadata', 'annotations']), [markTrail[2]]: trail }
  return { ...object, metadata: { ...objectAt(object, ['metadata']), annotations } }
}

function withVersion(manifest: JsonObject, resourceVersion: string): JsonObject {
  return { ...manifest, metadata: { ...objectAt(manifest, ['metadata']), resourceVersion } }
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
