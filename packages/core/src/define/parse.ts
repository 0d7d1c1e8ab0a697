import * as z from 'zod'
import { RollbackError, type RollbackErrorCode } from '../contract/errors.ts'

/** Parses a value or throws a `RollbackError` that names every wrong field. */
export function parse<T>(what: string, schema: z.core.$ZodType<T>, value: unknown, code: RollbackErrorCode = 'OPTIONS_INVALID'): T {
  const result = z.safeParse(schema, value)
  if (result.success) return result.data
  throw refused(what, issuesOf(result.error), code)
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

/** The path first: `replicas: expected number, received string`. Never the received value itself. */
export function issuesOf(error: z.core.$ZodError): readonly string[] {
  return error.issues.map((issue) => `${issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `}${issue.message}`)
}
