import type { RollbackError } from '@backstep/core'
import { toRollbackError as fromPostgres } from '@backstep/postgres'

/** What a failure below a step means to a run. The clients throw `RollbackError`s; anything else is a lost connection. */
export function toRollbackError(cause: unknown): RollbackError {
  return fromPostgres(cause)
}
