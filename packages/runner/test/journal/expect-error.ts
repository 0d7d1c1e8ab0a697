import type { RollbackErrorCode } from '@backstep/core'
import { RollbackError } from '@backstep/core'
import { expect } from 'vitest'

/** The RollbackError that a call rejects with; fails the test when it resolves or rejects with something else. */
export async function rejection(call: Promise<unknown>, code: RollbackErrorCode): Promise<RollbackError> {
  const error = await call.then(
    (value) => expect.fail(`resolved with ${JSON.stringify(value)} instead of rejecting with ${code}`),
    (reason: unknown) => reason,
  )
  if (!(error instanceof RollbackError)) throw error
  expect({ code: error.code, message: error.message }).toMatchObject({ code })
  expect(error.hint).toMatch(/^[A-Z].*\.$/)
  return error
}
