import { plainCause, RollbackError } from '@backstep/core'

export class FlagServiceError extends Error {
  override readonly name = 'FlagServiceError'
  readonly status: number
  constructor(status: number) {
    super(`the flag service answered ${status}`)
    this.status = status
  }
}

/** What a failure of the flag service means to a run. */
export function toRollbackError(cause: unknown): RollbackError {
  const refused = cause instanceof FlagServiceError && cause.status === 409
  return refused
    ? new RollbackError('DRIFTED', 'The flag was changed since it was read', { hint: 'Preview again.', cause: plainCause(cause) })
    : new RollbackError('BACKEND_UNAVAILABLE', 'The flag service did not answer', { hint: 'Resume.', cause: plainCause(cause) })
}
