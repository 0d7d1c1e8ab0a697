import type { Json, JsonObject } from '@backstep/core'
import type { KubernetesObject, PatchOperation } from '@backstep/kubernetes'
import { asStored, isObject, membersOf } from './live-differences.ts'

/**
 * What Helm's client-side merge makes of a live object, as a patch that can be tried: what the new manifest says is set, what only the old one
 * said is removed, and everything else stays as it is. Members of a list are known by what names them.
 */
export function mergeOperations(from: JsonObject | undefined, to: JsonObject, live: KubernetesObject): readonly PatchOperation[] {
  const [was, wanted] = [from === undefined ? {} : asStored(from), asStored(to)]
  const metadata = (object: JsonObject, key: string): Json | undefined => (object['metadata'] as JsonObject | undefined)?.[key]
  const fields = [...new Set([...Object.keys(wanted), ...Object.keys(was)])].filter((key) => !notMerged.has(key))
  return [
    ...['labels', 'annotations'].flatMap((key) =>
      operation(`/metadata/${key}`, merge(metadata(was, key), metadata(wanted, key), live.metadata[key]), live.metadata[key]),
    ),
    ...fields.flatMap((key) => operation(`/${key}`, merge(was[key], wanted[key], live[key]), live[key])),
  ]
}

const notMerged: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status'])

function operation(path: string, value: Json | undefined, live: Json | undefined): readonly PatchOperation[] {
  if (value !== undefined) return [{ op: 'add', path, value }]
  return live === undefined ? [] : [{ op: 'remove', path }]
}

function merge(was: Json | undefined, wanted: Json | undefined, live: Json | undefined): Json | undefined {
  if (wanted === undefined || wanted === null) return was === undefined || isObject(was) ? mergeMaps(was, {}, live) : undefined
  if (isObject(wanted)) return mergeMaps(was, wanted, live) ?? {}
  return Array.isArray(wanted) ? mergeLists(was, wanted as readonly Json[], live) : wanted
}

function mergeMaps(was: Json | undefined, wanted: JsonObject, live: Json | undefined): Json | undefined {
  if (!isObject(live)) return Object.keys(wanted).length === 0 ? live : wanted
  const before = isObject(was) ? was : {}
  const changed = [...new Set([...Object.keys(wanted), ...Object.keys(before)])].map(
    (key) => [key, merge(before[key], wanted[key], live[key])] as const,
  )
  const merged = { ...live, ...Object.fromEntries(changed) }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)) as JsonObject
}

function mergeLists(was: Json | undefined, wanted: readonly Json[], live: Json | undefined): Json {
  const [before, want, now] = [was, wanted, live].map((list) => (Array.isArray(list) ? membersOf(list as readonly Json[]) : new Map()))
  if (before === undefined || want === undefined || now === undefined) return wanted
  const own = [...want].map(([key, member]) => merge(before.get(key), member, now.get(key)) ?? member)
  const others = [...now].filter(([key]) => !want.has(key) && !before.has(key)).map(([, member]) => member as Json)
  return [...own, ...others]
}
