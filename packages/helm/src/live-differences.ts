import type { Json, JsonObject } from '@backstep/core'
import { isSameQuantity } from './quantity.ts'
import { mayBeDefault } from './server-defaults.ts'

/** Sections where values are amounts of resources. */
const amounts = /\/(?:limits|requests|capacity|hard|storage|sizeLimit|divisor|min|max|default|defaultRequest)(?:\/|$)/
/** Never told by a manifest: the server owns them. */
const serverOwned: ReadonlySet<string> = new Set(['/status', '/metadata/creationTimestamp'])
/** What makes a member of a list the same one, in this order. */
const memberKeys = ['name', 'containerPort', 'port', 'mountPath', 'ip', 'key', 'type']

/**
 * Where a live object is not what a manifest says: places whose live value is another one, and places that only `other`, the manifest that
 * was there before, has given. Fields of neither belong to somebody else: the server, an autoscaler, a mesh.
 *
 * Equal is what the API server stores as equal: amounts (`1000m` and `1`), an empty map and none, `stringData` of a Secret and its `data`.
 *
 * @returns Paths such as `/spec/template/spec/containers[web]/image`. Values are not in it: they may be secret.
 */
export function liveDifferences(wanted: JsonObject, other: JsonObject | undefined, live: JsonObject): readonly string[] {
  return differences(asStored(wanted), other === undefined ? undefined : asStored(other), live, '')
}

function differences(wanted: Json | undefined, other: Json | undefined, live: Json | undefined, path: string): readonly string[] {
  if (serverOwned.has(path)) return []
  if (isEmpty(wanted)) return isEmpty(other) || isEmpty(live) ? [] : leftOf(other, live, path)
  if (Array.isArray(wanted)) return listDifferences(wanted as readonly Json[], other, live, path)
  if (isObject(wanted)) {
    const before = isObject(other) ? other : {}
    const now = isObject(live) ? live : {}
    const keys = [...new Set([...Object.keys(wanted), ...Object.keys(before)])]
    return keys.flatMap((key) => differences(wanted[key], before[key], now[key], `${path}/${key}`))
  }
  return isSameScalar(wanted ?? null, live, path) ? [] : [path]
}

/** What only the other manifest gave and is still there, at its deepest places: other managers may own the rest of the map. */
function leftOf(other: Json | undefined, live: Json | undefined, path: string): readonly string[] {
  if (isObject(other)) {
    if (!isObject(live)) return []
    return Object.keys(other).flatMap((key) =>
      isEmpty(other[key]) || isEmpty(live[key]) ? [] : leftOf(other[key], live[key], `${path}/${key}`),
    )
  }
  if (Array.isArray(other)) {
    const [was, is] = [membersOf(other as readonly Json[]), Array.isArray(live) ? membersOf(live as readonly Json[]) : undefined]
    if (was === undefined || is === undefined) return [path]
    return [...was.keys()].filter((key) => is.has(key)).map((key) => `${path}[${key}]`)
  }
  if (mayBeDefault(path.slice(path.lastIndexOf('/') + 1), live)) return []
  return isSameScalar(other ?? null, live, path) ? [path] : []
}

function listDifferences(wanted: readonly Json[], other: Json | undefined, live: Json | undefined, path: string): readonly string[] {
  const now = Array.isArray(live) ? (live as readonly Json[]) : []
  const before = Array.isArray(other) ? (other as readonly Json[]) : []
  if (wanted.every((member) => !isObject(member))) {
    const isSame = wanted.length <= now.length && wanted.every((member, index) => isSameScalar(member, now[index], path))
    const left = now.slice(wanted.length).some((member) => before.some((one) => isSameScalar(one, member, path)))
    return isSame && !left ? [] : [path]
  }
  const [want, was, is] = [membersOf(wanted), membersOf(before), membersOf(now)]
  if (want === undefined || was === undefined || is === undefined) return byPosition(wanted, before, now, path)
  const kept = [...want].flatMap(([key, member]) => differences(member, was.get(key), is.get(key), `${path}[${key}]`))
  const left = [...was.keys()].filter((key) => !want.has(key) && is.has(key)).map((key) => `${path}[${key}]`)
  return [...kept, ...left]
}

function byPosition(wanted: readonly Json[], before: readonly Json[], now: readonly Json[], path: string): readonly string[] {
  const kept = wanted.flatMap((member, index) => differences(member, before[index], now[index], `${path}[${index}]`))
  return before.length > wanted.length && now.length > wanted.length ? [...kept, path] : kept
}

/** Members by what names them; `undefined` when nothing names all of them, each once. */
export function membersOf(list: readonly Json[]): ReadonlyMap<string, JsonObject> | undefined {
  if (list.length === 0) return new Map()
  const objects = list.filter(isObject)
  if (objects.length < list.length) return undefined
  for (const key of memberKeys) {
    const names = objects.map((member) => member[key])
    if (names.every((name) => typeof name === 'string' || typeof name === 'number') && new Set(names).size === names.length)
      return new Map(objects.map((member, index) => [String(names[index]), member]))
  }
  return undefined
}

function isSameScalar(wanted: Json, live: Json | undefined, path: string): boolean {
  if (live === undefined || live === null || typeof wanted === 'object' || typeof live === 'object') return false
  return String(wanted) === String(live) || (amounts.test(path) && isSameQuantity(wanted, live))
}

/** The server drops empty maps and lists, and a manifest's `null` means none. */
function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).every((key) => isEmpty(value[key]))
}

/** True for a map. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `stringData` is written only: the server keeps it as `data`. */
export function asStored(content: JsonObject): JsonObject {
  if (content['kind'] !== 'Secret' || !isObject(content['stringData'])) return content
  const { stringData, data, ...rest } = content
  const encoded = Object.entries(stringData as JsonObject).map(([key, value]) => [
    key,
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64'),
  ])
  return { ...rest, data: { ...(isObject(data) ? data : {}), ...(Object.fromEntries(encoded) as JsonObject) } }
}
