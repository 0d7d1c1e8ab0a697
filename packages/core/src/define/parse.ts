import * as z from 'zod'
import { RollbackError, type RollbackErrorCode } from '../contract/errors.ts'

/** Parses a value or throws a `RollbackError` that names every wrong field. */
export function parse<T>(what: string, schema: z.core.$ZodType<T>, value: unknown, code: RollbackErrorCode = 'OPTIONS_INVALID'): T {
  const result = tryParse(schema, value)
  if (result.success) return result.data
  throw refused(what, result.issues, code)
}

type Parsed<T> = { readonly success: true; readonly data: T } | { readonly success: false; readonly issues: readonly string[] }

/** Parses a value, or says what is wrong with it: the path first, never the received value itself. */
export function tryParse<T>(schema: z.core.$ZodType<T>, value: unknown): Parsed<T> {
  try {
    const result = z.safeParse(schema, value)
    return result.success ? { success: true, data: result.data } : { success: false, issues: result.error.issues.map(describeIssue) }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { success: false, issues: ['is nested too deep, or holds itself'] }
  }
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`
}

/** The error of a value that does not fit: one line, every issue in it. */
export function refused(what: string, issues: readonly string[], code: RollbackErrorCode = 'OPTIONS_INVALID'): RollbackError {
  return new RollbackError(code, `${what}: ${issues.join('; ')}`, { hint: hints[code] ?? 'Correct the named field.' })
}

const hints: Partial<Record<RollbackErrorCode, string>> = {
  JOURNAL_CORRUPT: 'The journal was written by another version of this step, or was edited. Resume with the version that started the run.',
  SNAPSHOT_MISSING:
    'The snapshot was written by another version of this step, or was changed. Resume with the version that started the run.',
  INTERNAL: 'This is a defect of the step: report it to its author.',
}
