import { RollbackError } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { toRollbackError } from '../src/errors.ts'
import { lastLine } from '../src/postgres-tools.ts'

describe('failures', () => {
  it('that are Backstep errors stay what they are, and others leave the outcome open', () => {
    const own = new RollbackError('DRIFTED', 'x', { hint: 'y' })
    expect(toRollbackError(own)).toBe(own)
    expect(toRollbackError(new Error('socket hang up'))).toMatchObject({ code: 'BACKEND_UNAVAILABLE', effect: 'unknown' })
  })

  it('of a tool are told by the line that says why', () => {
    const errors =
      'pg_restore: error: could not execute query: ERROR:  role "shop" does not exist\nCommand was: ALTER TABLE public.orders OWNER TO shop;\n'
    expect(lastLine({ exitCode: 1, signal: null, errors })).toBe(
      'pg_restore: error: could not execute query: ERROR:  role "shop" does not exist (exit code 1)',
    )
    expect(lastLine({ exitCode: null, signal: 'SIGKILL', errors: '' })).toBe('signal SIGKILL')
  })
})
