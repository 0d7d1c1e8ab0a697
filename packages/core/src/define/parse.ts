import * as z from 'zod'
import { RollbackError, type RollbackErrorCode } from '../contract/errors.ts'
import { isOutput } from '../contract/output.ts'

/** Parses a value or throws a `RollbackError` that names every wrong field. */
export function parse<T>(what: string, schema: z.core.$ZodType<T>, value: unknown, code: RollbackErrorCode = 'OPTIONS_INVALID'): T {
  const result = z.safeParse(schema, value)
  if (result.success) return result.data
  throw new RollbackError(code, `${what}: ${describeIssues(result.error)}`, { hint: hints[code] ?? 'Correct the named field.' })
}

const hints: Partial<Record<RollbackErrorCode, string>> = {
  JOURNAL_CORRUPT: 'The journal was written by another version of this step, or was edited. Resume with the version that started the run.',
  SNAPSHOT_MISSING:
    'The snapshot was written by another version of this step, or was changed. Resume with the version that started the run.',
  INTERNAL: 'This is a defect of the step: report it to its author.',
}

/** One line per issue, the path first: `replicas: expected number, received string`. Never the received value itself. */
function describeIssues(error: z.core.$ZodError): string {
  return error.issues.map((issue) => `${issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `}${issue.message}`).join('; ')
}

/** Fields that were given as outputs are parsed later, when they are known; all others now, with their defaults. */
export function parseKnownOptions(what: string, schema: z.core.$ZodType, given: unknown): unknown {
  if (typeof given !== 'object' || given === null || !Object.values(given).some(isOutput)) return parse(what, schema, given)
  if (!(schema instanceof z.ZodObject)) {
    throw new RollbackError('PLAN_INVALID', `${what}: options with outputs need an object schema`, {
      hint: 'Define the options with z.object or z.strictObject.',
    })
  }
  const late = new Set(
    Object.entries(given)
      .filter(([, value]) => isOutput(value))
      .map(([key]) => key),
  )
  const known = Object.fromEntries(Object.entries(given).filter(([key]) => !late.has(key)))
  const shape = schema.shape as Record<string, z.core.$ZodType>
  const unknownField = [...late].find((key) => !(key in shape))
  if (unknownField !== undefined) {
    throw new RollbackError('OPTIONS_INVALID', `${what}: unrecognized key "${unknownField}"`, { hint: 'Correct the named field.' })
  }
  const rest = schema.omit(Object.fromEntries([...late].map((key) => [key, true])) as never)
  return parse(what, rest, known)
}
