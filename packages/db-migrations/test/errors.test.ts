import { RollbackError } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { toRollbackError } from '../src/errors.ts'

describe('failures', () => {
  it('that are Backstep errors stay what they are, and others leave the outcome open', () => {
    const own = new RollbackError('DRIFTED', 'x', { hint: 'y' })
    expect(toRollbackError(own)).toBe(own)
    expect(toRollbackError(new Error('socket hang up'))).toMatchObject({ code: 'BACKEND_UNAVAILABLE', effect: 'unknown' })
  })
})
