import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isOutput, isSecret, plainCause, RollbackError, type RollbackErrorCode, secret } from '@backstep/core'
import { afterAll, describe, expect, it } from 'vitest'
import { demoStep } from '../define/demo-step.ts'

const harmless: readonly RollbackErrorCode[] = [
  'OPTIONS_INVALID',
  'PLAN_INVALID',
  'PLAN_CHANGED',
  'OUTPUT_NOT_KNOWN',
  'TARGET_NOT_FOUND',
  'TARGET_AMBIGUOUS',
  'PRECONDITION_FAILED',
  'DRIFTED',
  'RISK_UNDERSTATED',
  'PERMISSION_DENIED',
  'NOT_SUPPORTED',
  'SECRET_NOT_FOUND',
  'APPROVAL_DENIED',
  'APPROVAL_VOID',
  'REJECTED',
  'PAST_POINT_OF_NO_RETURN',
  'RUN_NOT_FOUND',
  'ANSWER_REFUSED',
  'LEASE_HELD',
  'RATE_LIMITED',
]
const inDoubt: readonly RollbackErrorCode[] = [
  'LEASE_LOST',
  'BACKEND_UNAVAILABLE',
  'TIMED_OUT',
  'ABORTED',
  'OUTCOME_UNKNOWN',
  'UNHEALTHY',
  'COMPENSATION_FAILED',
  'JOURNAL_CONFLICT',
  'JOURNAL_CORRUPT',
  'SNAPSHOT_MISSING',
  'INTERNAL',
]

describe('a RollbackError', () => {
  it.each(harmless)('%s has changed nothing', (code) => {
    expect(new RollbackError(code, '', { hint: '' }).effect).toBe('none')
  })

  it.each(inDoubt)('%s may have changed something', (code) => {
    expect(new RollbackError(code, '', { hint: '' }).effect).toBe('unknown')
  })

  it('says which calls may be made again', () => {
    const again = [...harmless, ...inDoubt].filter((code) => new RollbackError(code, '', { hint: '' }).canRetry)
    expect(again).toEqual(['LEASE_HELD', 'RATE_LIMITED', 'BACKEND_UNAVAILABLE', 'TIMED_OUT'])
  })

  it('lets one throw say more than its code', () => {
    const refused = new RollbackError('BACKEND_UNAVAILABLE', 'refused', { hint: 'Wait.', effect: 'none', canRetry: false })
    expect(refused).toMatchObject({ effect: 'none', canRetry: false, hint: 'Wait.', message: 'refused', name: 'RollbackError' })
  })

  it('has a cause only when it was given one', () => {
    expect('cause' in new RollbackError('INTERNAL', '', { hint: '' })).toBe(false)
    expect(new RollbackError('INTERNAL', '', { hint: '', cause: undefined })).toHaveProperty('cause', undefined)
    const cause = new Error('x')
    expect(new RollbackError('INTERNAL', '', { hint: '', cause }).cause).toBe(cause)
  })

  it('is told from everything else', () => {
    for (const other of [new Error('x'), { code: 'INTERNAL' }, null, undefined, 'INTERNAL'])
      expect(other instanceof RollbackError).toBe(false)
  })
})

const copy = mkdtempSync(join(tmpdir(), 'backstep-copy-'))
afterAll(() => rmSync(copy, { recursive: true, force: true }))

describe('two copies of the package in one program', () => {
  it('know the errors, secrets and outputs of each other', async () => {
    const core = fileURLToPath(new URL('../../', import.meta.url))
    cpSync(join(core, 'src'), join(copy, 'src'), { recursive: true })
    symlinkSync(join(core, 'node_modules'), join(copy, 'node_modules'))
    const other = (await import(pathToFileURL(join(copy, 'src/index.ts')).href)) as typeof import('@backstep/core')
    expect(other.RollbackError).not.toBe(RollbackError)
    expect(new other.RollbackError('DRIFTED', '', { hint: '' }) instanceof RollbackError).toBe(true)
    expect(new RollbackError('DRIFTED', '', { hint: '' }) instanceof other.RollbackError).toBe(true)
    expect(isSecret(other.secret('A'))).toBe(true)
    expect(other.isSecret(secret('A'))).toBe(true)
    expect(other.isOutput(demoStep().output.value)).toBe(true)
    expect(isOutput(other.gate.approval({ name: 'go', roles: ['x'] }).output.answer)).toBe(true)
  })
})

describe('plainCause', () => {
  it('keeps name, code, message and stack, and nothing else', () => {
    const vendor = Object.assign(new TypeError('no route'), {
      code: 'ENETUNREACH',
      config: { headers: { authorization: 'hunter2' } },
      input: 'hunter2',
    })
    const kept = plainCause(vendor)
    expect(kept).toMatchObject({ name: 'TypeError', message: 'no route', code: 'ENETUNREACH', stack: vendor.stack })
    expect(Object.getOwnPropertyNames(kept).sort()).toEqual(['code', 'message', 'name', 'stack'])
  })

  it('drops the causes and parts of the cause, which hold as much', () => {
    const vendor = new AggregateError([new Error('hunter2')], 'all failed', { cause: { password: 'hunter2' } })
    expect(plainCause(vendor)).not.toHaveProperty('cause')
    expect(plainCause(vendor)).not.toHaveProperty('errors')
  })

  it('keeps a code that is a number, and drops one that is anything else', () => {
    expect(plainCause(Object.assign(new Error(''), { code: 404 }))).toHaveProperty('code', 404)
    expect(plainCause(Object.assign(new Error(''), { code: { secret: 'hunter2' } }))).not.toHaveProperty('code')
  })

  it.each([
    ['a text', 'boom', 'boom'],
    ['nothing', undefined, 'a value that is no Error was thrown'],
    ['an object', { password: 'hunter2' }, 'a value that is no Error was thrown'],
  ])('makes an Error of %s', (_, thrown, message) => {
    expect(plainCause(thrown)).toMatchObject({ message })
    expect(plainCause(thrown)).toBeInstanceOf(Error)
  })

  it('does not give back the vendor error itself', () => {
    const vendor = new Error('x')
    expect(plainCause(vendor)).not.toBe(vendor)
  })
})
