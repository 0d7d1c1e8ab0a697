import type { Json, JsonObject } from '../contract/json.ts'

/** One text, number or truth value inside the options of a leaf. */
export interface OptionValue {
  /** `images[0]`, `strategy.exact`. */
  readonly path: string
  /** The nearest named field: `images` for `images[0]`. */
  readonly key: string
  readonly value: string | number | boolean
}

/** Every plain value in options. References to outputs and secrets are left out. */
export function optionValues(options: Json): readonly OptionValue[] {
  const found: OptionValue[] = []
  const visit = (value: Json | undefined, path: string, key: string): void => {
    if (isList(value)) value.forEach((inner, index) => visit(inner, `${path}[${index}]`, key))
    else if (typeof value === 'object' && value !== null) {
      if (isReference(value)) return
      for (const [name, inner] of Object.entries(value)) visit(inner, path === '' ? name : `${path}.${name}`, name)
    } else if (value !== null && value !== undefined) found.push({ path, key, value })
  }
  visit(options, '', '')
  return found
}

/** Puts the sealed answers of queries where options refer to them. */
export function withAnswers(options: Json, values: Readonly<Record<string, JsonObject>>): Json {
  const fill = (value: Json | undefined): Json => {
    if (value === undefined) return null
    if (isList(value)) return value.map(fill)
    if (typeof value !== 'object' || value === null) return value
    if (isReference(value)) return answerOf(value, values) ?? value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)]))
  }
  return fill(options)
}

/** Lower-case words of a key: `toRevision` gives `to` and `revision`. */
export function wordsOfKey(key: string): readonly string[] {
  return key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function isReference(value: JsonObject): boolean {
  const keys = Object.keys(value)
  return keys.length === 1 && (keys[0] === 'output' || keys[0] === 'secret') && typeof value[keys[0]] === 'string'
}

function answerOf(reference: JsonObject, values: Readonly<Record<string, JsonObject>>): Json | undefined {
  const { output } = reference
  if (typeof output !== 'string') return undefined
  const dot = output.lastIndexOf('.')
  return values[output.slice(0, dot)]?.[output.slice(dot + 1)]
}
