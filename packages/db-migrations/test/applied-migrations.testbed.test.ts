import { secret } from '@backstep/core'
import { system } from '@backstep/testbed'
import { recordingContext } from '@backstep/testing'
import { describe, expect, it } from 'vitest'
import { flywayAppliedMigrations } from '../src/index.ts'
import { flywayLab, sampleSql, sampleUndo } from './flyway-lab.ts'

const flyway = await system('flyway')
const server = await system('postgres18')

describe('the applied migrations', () => {
  it('say what is applied, what an undo would take back, and which folder holds its scripts', { timeout: 60_000 }, async () => {
    const { database } = await flywayLab({ server, flyway })
    const ask = (to?: string, undo = sampleUndo) => {
      const { step } = recordingContext({ secrets: { DATABASE: database.url } })
      const query = flywayAppliedMigrations({ url: secret('DATABASE'), migrations: sampleSql, undo, ...(to === undefined ? {} : { to }) })
      return query.read({ ...step, read: () => undefined as never })
    }
    expect(await ask('2')).toEqual({
      current: '4',
      applied: ['1', '2', '3', '3.1', '4'],
      pending: [],
      missing: [],
      failed: [],
      undoable: ['2', '3', '3.1', '4'],
      wouldUndo: ['4', '3.1', '3'],
      artefact: sampleSql,
    })
    expect(await ask('2', sampleSql)).toMatchObject({ undoable: [], artefact: '' })
    await database.sql(`update flyway_schema_history set checksum = 7, success = false where version = '3.1'`)
    expect(await ask()).toMatchObject({ missing: ['3.1'], failed: ['3.1'], wouldUndo: [] })
    await expect(ask('9')).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  })
})
