import { RollbackError } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { sqlStateOf, toRollbackError, withEffect } from '../src/index.ts'
import { isSqlState, lostConnection, refusedStatement } from '../src/sql-errors.ts'

const failure = (code: string, message = 'said by the server') => ({ code, message, asked: 'UPDATE' })

describe('an answer of the server', () => {
  it.each([
    ['28P01', 'PERMISSION_DENIED', false],
    ['42501', 'PERMISSION_DENIED', false],
    ['3D000', 'TARGET_NOT_FOUND', false],
    ['55P03', 'LEASE_HELD', true],
    ['40P01', 'LEASE_HELD', true],
    ['53100', 'REJECTED', true],
    ['53300', 'RATE_LIMITED', true],
    ['57014', 'TIMED_OUT', true],
    ['XX000', 'BACKEND_UNAVAILABLE', true],
    ['25006', 'PRECONDITION_FAILED', false],
    ['08P01', 'NOT_SUPPORTED', false],
    ['42601', 'REJECTED', false],
  ])('%s means %s and that nothing was changed', (state, code, canRetry) => {
    const error = refusedStatement(failure(state))
    expect(error).toMatchObject({ code, canRetry, effect: 'none', message: `UPDATE: said by the server (SQLSTATE ${state})` })
    expect(error.hint).not.toBe('')
    expect(sqlStateOf(error)).toBe(state)
  })

  it.each(['57P01', '08006', '58030'])('%s leaves open what happened', (state) => {
    expect(refusedStatement(failure(state))).toMatchObject({ code: 'BACKEND_UNAVAILABLE', effect: 'unknown' })
  })

  it('never repeats a value that did not fit', () => {
    const error = refusedStatement(failure('22P02', 'invalid input syntax for type integer: "4111-1111"'))
    expect(error.message).not.toContain('4111')
    expect(String((error.cause as Error).message)).not.toContain('4111')
  })

  it('names table and constraint, and cuts what is long', () => {
    const error = refusedStatement({ ...failure('23505', 'x'.repeat(1_000)), table: 'public.users', constraint: 'users_key' })
    expect(error.message).toContain('[public.users, users_key]')
    expect(error.message.length).toBeLessThan(400)
  })
})

describe('a connection', () => {
  it('that was refused had no effect, and one that was lost may have had one', () => {
    expect(lostConnection(failure('ECONNREFUSED'), true)).toMatchObject({ effect: 'none', canRetry: true })
    expect(lostConnection(failure('ECONNRESET'), false)).toMatchObject({ effect: 'unknown', canRetry: true })
  })

  it('that fails by its certificate is not tried again', () => {
    expect(lostConnection(failure('SELF_SIGNED_CERT_IN_CHAIN'), true)).toMatchObject({ canRetry: false })
  })

  it('is told from an answer by its code', () => {
    expect(isSqlState('EPIPE')).toBe(false)
    expect(isSqlState('ECONNRESET')).toBe(false)
    expect(isSqlState('23505')).toBe(true)
    expect(isSqlState('P0001')).toBe(true)
    expect(isSqlState('XX000')).toBe(true)
  })
})

describe('any other failure', () => {
  it('keeps nothing of what was thrown', () => {
    const error = toRollbackError(Object.assign(new TypeError('postgresql://u:canary@h/d'), { input: 'canary' }))
    expect(error).toMatchObject({ code: 'BACKEND_UNAVAILABLE', effect: 'unknown' })
    expect(JSON.stringify([error.message, error.hint, (error.cause as Error).message, error.cause])).not.toContain('canary')
  })

  it('of Backstep stays what it is', () => {
    const error = new RollbackError('DRIFTED', 'x', { hint: 'y' })
    expect(toRollbackError(error)).toBe(error)
    expect(sqlStateOf(error)).toBeUndefined()
    expect(withEffect(error, 'unknown')).toMatchObject({ code: 'DRIFTED', effect: 'unknown', message: 'x', hint: 'y' })
  })
})
