import { describe, expect, it } from 'vitest'
import { drifted, missing, toRollbackError } from '../src/errors.ts'

describe('a failure of a step', () => {
  it('names the object that is missing', () => {
    expect(missing({ namespace: 'shop', kind: 'Deployment', name: 'checkout' })).toMatchObject({
      code: 'TARGET_NOT_FOUND',
      message: 'shop/Deployment/checkout does not exist',
      effect: 'none',
    })
  })

  it('says how the object differs from what was prepared', () => {
    const error = drifted('shop/Deployment/checkout', { at: 'elsewhere', detail: 'it is being deleted' })
    expect(error).toMatchObject({ code: 'DRIFTED', effect: 'none', message: expect.stringContaining('it is being deleted') })
    expect(error.hint).toMatch(/\.$/)
  })

  it('that nobody knows is in doubt', () => {
    expect(toRollbackError(new TypeError('odd'))).toMatchObject({ code: 'BACKEND_UNAVAILABLE', effect: 'unknown' })
  })
})
