import { RollbackError } from '@backstep/core'

/** The `RollbackError` that a call throws or rejects with; anything else fails the test. */
export async function failureOf(call: () => unknown): Promise<RollbackError> {
  try {
    await call()
  } catch (error) {
    if (error instanceof RollbackError) return error
    throw error
  }
  throw new Error('expected a RollbackError, and nothing was thrown')
}
