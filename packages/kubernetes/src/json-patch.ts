import { canonical, type Json } from '@backstep/core'
import type { KubernetesObject, PatchOperation } from './client.ts'

/** A JSON Pointer (RFC 6901): `~` and `/` inside a name are escaped. */
export function pointer(...segments: readonly (string | number)[]): string {
  return segments.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The value at a place in an object; `undefined` when there is none. */
export function valueAt(value: Json | undefined, segments: readonly (string | number)[]): Json | undefined {
  let found: Json | undefined = value
  for (const segment of segments) {
    if (typeof found !== 'object' || found === null) return undefined
    found = Object.hasOwn(found, segment) ? (found as { readonly [key: string | number]: Json | undefined })[segment] : undefined
  }
  return found
}

/** One field to change: where, and what it shall be; `undefined` takes it away. */
export interface FieldWrite {
  readonly segments: readonly (string | number)[]
  readonly value: Json | undefined
}

/**
 * A patch that changes fields only while the object is the one that was seen and each field still has its old value. The version of the
 * object is no good guard: it moves with every status update, and the generation with every scale, so a healthy rollback would be refused
 * in the middle of an incident.
 *
 * A missing field is tested as `null`, which the API server takes for both. Parents that are missing are made. When nothing differs, the
 * list holds tests only.
 *
 * @param live The object as it was read last: its uid and old values are what is tested.
 * @param tests Further places that must be as in `live`.
 */
export function guardedPatch(
  live: KubernetesObject,
  writes: readonly FieldWrite[],
  tests: readonly (readonly (string | number)[])[] = [],
): readonly PatchOperation[] {
  const guards = [
    { op: 'test' as const, path: pointer('metadata', 'uid'), value: live.metadata.uid },
    ...tests.map((at) => testOf(live, at)),
  ]
  const changes = writes.filter(({ segments, value }) => canonical(valueAt(live, segments)) !== canonical(value))
  return [...guards, ...changes.map(({ segments }) => testOf(live, segments)), ...writesInto(live, changes)]
}

/** A pointer into a missing parent cannot be tested: then the parent is, as missing. */
function testOf(live: KubernetesObject, segments: readonly (string | number)[]): PatchOperation {
  const place = present(live, segments)
  return { op: 'test', path: pointer(...place), value: valueAt(live, place) ?? null }
}

/** The place itself when its parent is there, or else its first missing ancestor. */
function present(live: KubernetesObject, segments: readonly (string | number)[]): readonly (string | number)[] {
  const missing = segments.findIndex((_, index) => valueAt(live, segments.slice(0, index + 1)) === undefined)
  return missing === -1 ? segments : segments.slice(0, missing + 1)
}

function writesInto(live: KubernetesObject, writes: readonly FieldWrite[]): readonly PatchOperation[] {
  const made = new Set<string>()
  return writes.flatMap(({ segments, value }) => {
    const path = pointer(...segments)
    const isThere = valueAt(live, segments) !== undefined
    if (value === undefined) return isThere ? [{ op: 'remove' as const, path }] : []
    if (isThere) return [{ op: 'replace' as const, path, value }]
    return [...parentsOf(live, segments, made), { op: 'add' as const, path, value }]
  })
}

/** Two writes below one missing parent make it once. */
function parentsOf(live: KubernetesObject, segments: readonly (string | number)[], made: Set<string>): readonly PatchOperation[] {
  return segments.slice(0, -1).flatMap((_, index) => {
    const parent = segments.slice(0, index + 1)
    const path = pointer(...parent)
    if (made.has(path) || valueAt(live, parent) !== undefined) return []
    made.add(path)
    return [{ op: 'add' as const, path, value: {} }]
  })
}
