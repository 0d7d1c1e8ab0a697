import { RollbackError } from '@backstep/core'
import { parseToolVersion } from '@backstep/process'
import { describe, expect, it } from 'vitest'
import { reasonOf, toRollbackError } from '../src/errors.ts'
import { defectsOf } from '../src/helm-versions.ts'

const ended = (errors: string, exitCode: number | null = 1) => reasonOf({ exitCode, signal: exitCode === null ? 'SIGKILL' : null, errors })

describe('what Helm said', () => {
  it.each([
    ['Error: no ConfigMap with the name "r-good" found', 'no ConfigMap with the name "r-good" found'],
    ['Error: release has no 7 version', 'release has no 7 version'],
    [
      'Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress',
      'another operation (install/upgrade/rollback) is in progress',
    ],
    ['Error: timed out waiting for the condition', 'timed out waiting for the condition'],
  ])('is passed on where it names things only: %s', (errors, reason) =>
    expect(ended(errors)).toBe(`helm ended with exit code 1: ${reason}`),
  )

  it('is not passed on where it may quote an object', () => {
    expect(ended('Error: cannot patch "s" with kind Secret: data: Invalid value: "pass-word-9"')).toBe('helm ended with exit code 1')
    expect(ended('', null)).toBe('helm ended with signal SIGKILL')
  })
})

describe('a failure below a step', () => {
  it('is left as it is when it says what to do, and is a lost connection otherwise', () => {
    const known = new RollbackError('REJECTED', 'no', { hint: 'Look.' })
    expect(toRollbackError(known)).toBe(known)
    expect(toRollbackError(new Error('socket hang up'))).toMatchObject({ code: 'BACKEND_UNAVAILABLE', effect: 'unknown' })
  })
})

describe('the known defects of Helm', () => {
  it.each([
    ['3.21.4', true],
    ['4.0.0', true],
    ['4.0.4', true],
    ['4.0.5', false],
    ['4.1.3', true],
    ['4.2.0', false],
    ['4.3.1', false],
  ])('%s fails on an object that is live and in no record: %s', (text, isAffected) => {
    expect(defectsOf(parseToolVersion(text)!).some(({ id }) => id === 'live-but-unrecorded')).toBe(isAffected)
  })

  it('names the silent failure of a deletion for the third line only', () => {
    expect(defectsOf(parseToolVersion('3.21.4')!).map(({ id }) => id)).toContain('silent-delete')
    expect(defectsOf(parseToolVersion('4.3.1')!)).toEqual([])
  })
})
