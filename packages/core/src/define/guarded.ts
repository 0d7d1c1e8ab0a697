import { plainCause, RollbackError } from '../contract/errors.ts'

type Translate = (cause: unknown) => Error

/**
 * Runs calls of a step, a query or a check and holds their answers against what was promised, so that whatever fails leaves as a
 * `RollbackError`: as it is, translated by the package, or as `INTERNAL` when the package has no answer.
 */
export function guardedBy(kind: string, toRollbackError: Translate | undefined): Guarded {
  return async (call, check) => {
    try {
      return check(await call())
    } catch (cause) {
      throw cause instanceof RollbackError ? cause : translated(kind, toRollbackError, cause)
    }
  }
}

type Guarded = <Answer, Checked>(call: () => Promise<Answer>, check: (answer: Answer) => Checked) => Promise<Checked>

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
