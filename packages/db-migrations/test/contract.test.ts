import { secret } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { flywayUndoMigrations, type FlywayUndoOptions } from '../src/index.ts'

const options: FlywayUndoOptions = { url: secret('PG_URL'), to: '1.4', migrations: '/srv/shop/migrations' }

describe('an undo of migrations', () => {
  it('says how dangerous it is before anything is contacted, and can be put back', () => {
    const step = flywayUndoMigrations(options)
    expect(step.risk).toEqual(['reversible', 'data-loss'])
    expect(step.compensate !== undefined).toBe(true)
  })

  it('refuses a URL that is a value, and options that it does not know', () => {
    expect(() => flywayUndoMigrations({ ...options, url: 'postgresql://u:p@h/d' as never })).toThrow(/secret\('NAME'\)/)
    expect(() => flywayUndoMigrations({ ...options, steps: 1 } as never)).toThrow(/steps/)
  })

  it.each(['-1', '+1', 'head', 'base', 'latest', 'previous', 'HEAD~1'])('refuses the relative target %s', (to) => {
    expect(() => flywayUndoMigrations({ ...options, to })).toThrow(/not a relative target/)
  })
})
