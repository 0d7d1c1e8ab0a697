import { plainCause, RollbackError, type Failure } from '@backstep/core'

/** Any thrown value as the facts that a journal keeps. What is no `RollbackError` is a defect: its effect is unknown. */
export function failureFrom(error: unknown, isRead: boolean): Failure {
  const known = error instanceof RollbackError ? error : unexpected(error)
  return { code: known.code, message: known.message, hint: known.hint, effect: isRead ? 'none' : known.effect, canRetry: known.canRetry }
}

function unexpected(error: unknown): RollbackError {
  return new RollbackError('INTERNAL', `A step threw ${error instanceof Error ? error.name : typeof error}, which is no RollbackError`, {
    hint: 'This is a defect of the step: report it to its author. What it did is looked at before anything else happens.',
    cause: plainCause(error),
  })
}

/** Thrown when the journal can no longer be written: the only thing that stops a run without an end. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped'
}
