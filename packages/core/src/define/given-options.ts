import * as z from 'zod'
import { RollbackError } from '../contract/errors.ts'
import { objectShape } from '../contract/object-shape.ts'
import { isOutput } from '../contract/output.ts'
import { refused, tryParse } from './parse.ts'

interface Definition {
  readonly kind: string
  readonly options: z.core.$ZodType
  /** Fields that take an output; `'any'`: all of them. */
  readonly late?: readonly PropertyKey[] | 'any'
}

/** Options as a plan gave them, checked as far as they are known. */
export interface GivenOptions<O> {
  /** A copy: what the author does with the object later is no part of the plan. */
  readonly given: object
  /** Parsed, with defaults, without the fields that may be late: a step gets the same whether they were given plain or as an output. */
  readonly known: O
}

/**
 * Checks options when a plan is built. Fields that were given as outputs are checked later, when they are known; all others now.
 *
 * @throws RollbackError `OPTIONS_INVALID` with every wrong or unknown field, and every output in a field that takes none.
 */
export function checkGiven<O>({ kind, options: schema, late = [] }: Definition, options: unknown): GivenOptions<O> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw refused(kind, ['expected an object of options'])
  const given = { ...options }
  const asOutput = Object.keys(given).filter((key) => isOutput((given as Record<string, unknown>)[key]))
  const plain = asOutput.length === 0 ? given : without(given, asOutput)
  const result = tryParse(asOutput.length === 0 ? schema : partOf(kind, schema, asOutput), plain)
  const unknown = unknownKeys(schema, given)
  const misplaced = late === 'any' ? [] : asOutput.filter((key) => !late.includes(key) && !unknown.includes(key))
  const issues = [
    ...misplaced.map((key) => `${key}: takes no output of another node, only a value`),
    ...(result.success ? [] : result.issues),
    ...unknown.filter((key) => !isNamed(result, key)).map((key) => `Unrecognized key: "${key}"`),
  ]
  if (!result.success || issues.length > 0) throw refused(kind, issues)
  const known = late === 'any' || late.length === 0 ? result.data : without(result.data as object, late)
  return { given, known: known as O }
}

/** `z.object` drops unknown keys in silence: a misspelt option must not be one of them. */
function unknownKeys(schema: z.core.$ZodType, given: object): readonly string[] {
  const shape = objectShape(schema)
  if (shape === undefined || (shape.others !== undefined && !(shape.others instanceof z.core.$ZodNever))) return []
  return Object.keys(given).filter((key) => !Object.hasOwn(shape.fields, key))
}

/** A strict object says so itself. */
function isNamed(result: ReturnType<typeof tryParse>, key: string): boolean {
  return !result.success && result.issues.some((issue) => issue.startsWith('Unrecognized key') && issue.includes(`"${key}"`))
}

const parts = new WeakMap<z.core.$ZodType, Map<string, z.core.$ZodType>>()

/** The schema without some fields. Kept, since making a schema costs far more than using it; refinements wait for all fields. */
function partOf(kind: string, schema: z.core.$ZodType, left: readonly string[]): z.core.$ZodType {
  const shape = objectShape(schema)
  if (shape === undefined) {
    throw new RollbackError('PLAN_INVALID', `${kind}: options with outputs need an object schema`, {
      hint: 'This is a defect of its package: define the options with z.strictObject.',
    })
  }
  const known = parts.get(schema) ?? new Map<string, z.core.$ZodType>()
  parts.set(schema, known)
  const key = JSON.stringify(left)
  const part = known.get(key) ?? objectOf(without(shape.fields, left), shape.others)
  known.set(key, part)
  return part
}

function objectOf(fields: object, others: z.core.$ZodType | undefined): z.core.$ZodType {
  const schema = z.object(fields as z.core.$ZodLooseShape)
  return others === undefined ? schema : schema.catchall(others)
}

function without(fields: object, left: readonly PropertyKey[]): object {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !left.includes(key)))
}
