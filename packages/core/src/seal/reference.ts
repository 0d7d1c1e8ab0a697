import type { Json } from '../contract/json.ts'
import { isOutput } from '../contract/output.ts'
import { isSecret } from '../contract/secret.ts'

/** Where options point to and what cannot be sealed. */
export interface Referred {
  readonly json: Json
  /** `<id>.<field>` of every output used. */
  readonly inputs: readonly string[]
  /** Producers that are no part of this plan, and values that are no plain data. */
  readonly problems: readonly string[]
}

/** Options as plain JSON: outputs become `{output}`, secrets `{secret}`. */
export function referTo(options: unknown, idOf: (source: object) => string | undefined): Referred {
  const inputs: string[] = []
  const problems: string[] = []
  const convert = (value: unknown, path: string): Json | undefined => {
    if (isOutput(value)) {
      const id = idOf(value.source)
      if (id === undefined) problems.push(`${path}: uses the output "${value.key}" of a step that is not in this plan`)
      inputs.push(`${id}.${value.key}`)
      return { output: `${id}.${value.key}` }
    }
    if (isSecret(value)) return { secret: value.name }
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (Array.isArray(value)) return value.map((inner, index) => convert(inner, `${path}[${index}]`) ?? null)
    if (isPlain(value)) {
      const entries = Object.entries(value).map(
        ([key, inner]) => [key, inner === undefined ? undefined : convert(inner, path === '' ? key : `${path}.${key}`)] as const,
      )
      return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined))
    }
    problems.push(`${path}: ${describe(value)} is no plain data, so it cannot be sealed into a plan`)
    return undefined
  }
  return { json: convert(options, '') ?? null, inputs, problems }
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function describe(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'object' && value !== null ? `a ${value.constructor?.name ?? 'class instance'}` : `a ${typeof value}`
}
