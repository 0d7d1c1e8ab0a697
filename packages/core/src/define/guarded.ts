import { plainCause, RollbackError } from '../contract/errors.ts'

type Translate = (cause: unknown) => Error

/**
 * Runs calls of a step, a query or a check, so that whatever fails leaves as a `RollbackError`: as it is, translated by the package, or
 * as `INTERNAL` when the package has no answer.
 */
export function guardedBy(kind: string, toRollbackError: Translate | undefined): <T>(call: () => Promise<T>) => Promise<T> {
  return async (call) => {
    try {
      return await call()
    } catch (cause) {
      throw cause instanceof RollbackError ? cause : translated(kind, toRollbackError, cause)
    }
  }
}

function translated(kind: string, toRollbackError: Translate | undefined, cause: unknown): RollbackError {
  try {
    const error = toRollbackError?.(cause)
    if (error instanceof RollbackError) return error
  } catch {
    // a translator that fails must not hide the failure that it was asked about
  }
  return new RollbackError('INTERNAL', `${kind} failed with ${cause instanceof Error ? cause.name : typeof cause}`, {
    hint: 'This is a defect of its package or an unknown answer of its backend. What a step did is probed before anything else happens.',
    cause: plainCause(cause),
  })
}
