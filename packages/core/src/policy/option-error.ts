import { durationMs } from '../contract/duration.ts'
import { RollbackError } from '../contract/errors.ts'
import type { Duration } from '../contract/json.ts'

/** The error of a policy that cannot be used: what is wrong with which object, and what to do next. */
export function optionError(message: string, hint: string): RollbackError {
  return new RollbackError('OPTIONS_INVALID', message, { hint })
}

/** `durationMs` with the name of the field in the error. */
export function durationOf(field: string, duration: Duration): number {
  try {
    return durationMs(duration)
  } catch (cause) {
    if (!(cause instanceof RollbackError)) throw cause
    throw new RollbackError(cause.code, `${field}: ${cause.message}`, { hint: cause.hint, cause })
  }
}

/** Milliseconds of a time that has to be longer than nothing. */
export function positiveDurationOf(field: string, duration: Duration): number {
  const milliseconds = durationOf(field, duration)
  if (milliseconds > 0) return milliseconds
  throw optionError(`${field}: "${duration}" is no time at all`, "Write a time longer than zero, for example '5m'.")
}

/** The first entry that stands in the list twice. */
export function firstRepeat<T>(entries: readonly T[]): T | undefined {
  return entries.find((entry, index) => entries.indexOf(entry) !== index)
}
