import type { Json } from '../contract/json.ts'
import { isOutput, type OutputReference } from '../contract/output.ts'
import { isSecret } from '../contract/secret.ts'

/** Where options point to and what cannot be sealed. */
export interface Referred {
  readonly json: Json
  /** `<id>.<field>` of every output used. */
  readonly inputs: readonly string[]
  /** Producers that are no part of this plan, and values that are no plain data. */
  readonly problems: readonly string[]
}

const maxDepth = 100

/** Options as plain JSON: outputs become `{output}`, secrets `{secret}`. */
export function referTo(options: unknown, idOf: (source: object) => string | undefined): Referred {
  const inputs: string[] = []
  const problems: string[] = []
  const above: unknown[] = []
  const refuse = (path: string, why: string): undefined => {
    problems.push(`${path === '' ? 'options' : path}: ${why}`)
  }
  const inside = (value: object, path: string, convertAll: () => Json): Json | undefined => {
    if (above.includes(value)) return refuse(path, 'holds itself, so it cannot be sealed into a plan')
    if (above.length >= maxDepth) return refuse(path, `is nested more than ${maxDepth} levels deep, so it cannot be sealed into a plan`)
    above.push(value)
    const converted = convertAll()
    above.pop()
    return converted
  }
  const convert = (value: unknown, path: string): Json | undefined => {
    if (isOutput(value)) {
      const id = idOf(value.source)
      if (id === undefined) refuse(path, `uses the output "${value.key}" of a step that is not in this plan`)
      inputs.push(`${id}.${value.key}`)
      return { output: `${id}.${value.key}` }
    }
    if (isSecret(value)) return { secret: value.name }
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (Array.isArray(value)) return inside(value, path, () => Array.from(value, (inner, index) => convert(inner, `${path}[${index}]`) ?? null))
    if (isPlain(value)) return inside(value, path, () => convertFields(value, path))
    return refuse(path, `${describe(value)} is no plain data, so it cannot be sealed into a plan`)
  }
  const convertFields = (fields: Readonly<Record<string, unknown>>, path: string): Json => {
    const entries = Object.entries(fields).map(
      ([key, inner]) => [key, inner === undefined ? undefined : convert(inner, path === '' ? key : `${path}.${key}`)] as const,
    )
    return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined))
  }
  return { json: convert(options, '') ?? null, inputs, problems }
}

/** Every output in options, in order; each list and object is looked into once, also when it holds itself. */
export function forEachOutput(options: unknown, visit: (reference: OutputReference) => void): void {
  const seen = new Set<unknown>()
  const open: unknown[] = [options]
  while (open.length > 0) {
    const value = open.pop()
    if (isOutput(value)) visit(value)
    else if ((Array.isArray(value) || isPlain(value)) && !seen.has(value)) {
      seen.add(value)
      for (const inner of Object.values(value).toReversed()) open.push(inner)
    }
  }
}

/** Also for an object of another realm, whose `Object` is not ours. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

function describe(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value)
  return typeof value === 'object' && value !== null ? `a ${value.constructor?.name ?? 'class instance'}` : `a ${typeof value}`
}
