import type { JsonObject } from '@backstep/core'
import type { Call, KubernetesObject, ObjectRef, ServedKind } from '@backstep/kubernetes'
import type { ReleaseObjects } from './client.ts'
import { liveDifferences } from './live-differences.ts'
import { manifestObjects, objectKey, type ManifestObject } from './manifest.ts'
import { isToBeKept } from './precious-objects.ts'
import type { ReleaseRecord } from './release-record.ts'

/** One object that stands in a manifest, and where to ask for it. */
export interface TrackedObject {
  readonly key: string
  readonly ref: ObjectRef
  readonly content: JsonObject
  readonly object: ManifestObject
  /** `undefined`: the API server does not serve its kind. */
  readonly served: ServedKind | undefined
}

/** A kind that a manifest names and the API server does not serve. */
export interface UnservedKind {
  readonly apiVersion: string
  readonly kind: string
}

/** The objects of a record by their key, in the order of its manifest. */
export type TrackedObjects = ReadonlyMap<string, TrackedObject>

export interface Tracked {
  readonly objects: TrackedObjects
  readonly unserved: readonly UnservedKind[]
}

/** Finds out how each object of some records is asked for, in one contact. */
export async function trackObjects(
  client: ReleaseObjects,
  namespace: string,
  records: readonly (ReleaseRecord | undefined)[],
  call: Call,
): Promise<readonly Tracked[]> {
  const parsed = records.map((record) => (record === undefined ? [] : manifestObjects(record.manifest, `revision ${record.revision}`)))
  const kinds = [...new Map(parsed.flat().map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, { apiVersion, kind }])).values()]
  const served = await client.kinds(kinds, call)
  const known = new Map(kinds.map(({ apiVersion, kind }, index) => [`${apiVersion} ${kind}`, served[index]]))
  return parsed.map((objects) => trackedBy(objects, namespace, known))
}

function trackedBy(parsed: readonly ManifestObject[], namespace: string, served: ReadonlyMap<string, ServedKind | undefined>): Tracked {
  const unserved = new Map<string, UnservedKind>()
  const objects = parsed.map((object): readonly [string, TrackedObject] => {
    const { apiVersion, kind, name } = object
    const how = served.get(`${apiVersion} ${kind}`)
    if (how === undefined) unserved.set(`${apiVersion} ${kind}`, { apiVersion, kind })
    const isNamespaced = how?.isNamespaced ?? true
    const place = isNamespaced ? { namespace: object.namespace ?? namespace } : {}
    const key = objectKey({ ...object, namespace: isNamespaced ? object.namespace : undefined }, isNamespaced ? namespace : '')
    return [key, { key, ref: { apiVersion, kind, name, ...place }, content: object.content, object, served: how }]
  })
  return { objects: new Map(objects), unserved: [...unserved.values()] }
}

/** The live objects by key; those that are not there are left out. */
export type LiveObjects = ReadonlyMap<string, KubernetesObject>

/** Reads the live objects in one contact. Objects of kinds that are not served count as absent. */
export async function readLive(client: ReleaseObjects, tracked: readonly Tracked[], call: Call): Promise<LiveObjects> {
  const wanted = [...new Map(tracked.flatMap(({ objects }) => [...objects])).values()].filter(({ served }) => served !== undefined)
  const found = await client.objects(
    wanted.map(({ ref }) => ref),
    call,
  )
  return new Map(
    wanted.flatMap(({ key }, index): readonly (readonly [string, KubernetesObject])[] => {
      const object = found[index]
      return object === undefined ? [] : [[key, object]]
    }),
  )
}

/** One thing that keeps the live objects from being exactly one release. */
export interface Difference {
  readonly key: string
  /** `field`: at `path` the live value is another one, or only the other release gave one. `left`: only the other release has the object. */
  readonly what: 'missing' | 'left' | 'field'
  readonly path: string
}

/**
 * What keeps the live objects from being exactly one release, seen against another one. An object that is being deleted counts as gone, and
 * one that is to be kept when it leaves the release counts as nobody's.
 */
export function releaseDifferences(wanted: TrackedObjects, other: TrackedObjects, live: LiveObjects): readonly Difference[] {
  const own = [...wanted].flatMap(([key, { content }]): readonly Difference[] => {
    const object = present(live.get(key))
    if (object === undefined) return [{ key, what: 'missing', path: '' }]
    return liveDifferences(content, other.get(key)?.content, object).map((path) => ({ key, what: 'field', path }))
  })
  const left = [...other].filter(([key, { object }]) => !wanted.has(key) && !isKeptOrGone(live.get(key), object))
  return [...own, ...left.map(([key]): Difference => ({ key, what: 'left', path: '' }))]
}

/** `Deployment/shop/web is missing`, `ConfigMap/shop/extra is still there`, `Deployment/shop/web: /spec/replicas`. */
export function describeDifference({ key, what, path }: Difference): string {
  if (what === 'field') return `${nameOf(key)}: ${path}`
  return `${nameOf(key)} ${what === 'missing' ? 'is missing' : 'is still there'}`
}

/** `Deployment/web`, with its namespace where it is written in the key: keys are unique, names are for people. */
export function nameOf(key: string): string {
  const [, kind = '', namespace = '', ...name] = key.split('/')
  return `${kind}/${namespace === '' ? '' : `${namespace}/`}${name.join('/')}`
}

function present(object: KubernetesObject | undefined): KubernetesObject | undefined {
  return object?.metadata.deletionTimestamp === undefined ? object : undefined
}

function isKeptOrGone(live: KubernetesObject | undefined, object: ManifestObject): boolean {
  return present(live) === undefined || isToBeKept(object, live)
}
