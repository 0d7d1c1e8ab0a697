import type { Json, JsonObject } from '@backstep/core'

/** The value at a path of names joined by dots; `undefined` when there is none. */
export function valueAt(values: JsonObject, path: string): Json | undefined {
  return path.split('.').reduce<Json | undefined>((found, name) => (isObject(found) ? found[name] : undefined), values)
}

/** A copy with another value at the path, or without one; what lies on the way is made. */
export function withValue(values: JsonObject, path: string, value: Json | undefined): JsonObject {
  const [name = '', ...rest] = path.split('.')
  const { [name]: inner, ...others } = values
  if (rest.length === 0) return value === undefined ? others : { ...others, [name]: value }
  if (value === undefined && !isObject(inner)) return values
  return { ...others, [name]: withValue(isObject(inner) ? inner : {}, rest.join('.'), value) }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
