import { describe, expect, it } from 'vitest'
import { checksumOf, flywayScripts } from '../src/flyway/flyway-files.ts'
import { compareVersions, flywayLockKey, type HistoryRow, isSameVersion, liveRows } from '../src/flyway/flyway-history.ts'

const row = (rank: number, version: string | null, type = 'SQL'): HistoryRow => ({
  rank,
  version,
  type,
  description: '',
  script: '',
  checksum: 1,
  by: '',
  success: true,
})

describe('the history of Flyway', () => {
  it('has the checksums that Flyway itself has written', () => {
    expect(checksumOf('create table users(id int primary key);\n')).toBe(-1182101903)
    expect(checksumOf('alter table users add column p text;\n\n-- é comment\n')).toBe(-1148502633)
    expect(checksumOf('\uFEFFalter table users add column p text;\r\n\r\n-- é comment\r\n')).toBe(-1148502633)
  })

  it('is locked by the key that Flyway takes', () => {
    expect(flywayLockKey('public', 'flyway_schema_history')).toBe(77433833903597n)
  })

  it('compares versions by their numbers', () => {
    expect(['1.10', '2', '1.9', '1', '20260101123456789'].toSorted(compareVersions)).toEqual(['1', '1.9', '1.10', '2', '20260101123456789'])
    expect(isSameVersion('5', '5.0')).toBe(true)
    expect(isSameVersion('20260101123456789', '20260101123456788')).toBe(false)
  })

  it('forgets a version whose row was cancelled, and knows it again when it was applied again', () => {
    const rows = [row(1, '1'), row(2, '2'), row(3, null), row(4, '2', 'DELETE')]
    expect(liveRows(rows).map(({ version }) => version)).toEqual(['1'])
    expect(liveRows([...rows, row(5, '2')]).map(({ rank }) => rank)).toEqual([1, 5])
  })
})

describe('scripts of Flyway', () => {
  it('are told by their names', () => {
    const names = [
      'sql/V1__base.sql',
      'sql/V1_2__two_words.sql',
      'undo/U1.2__x.sql',
      'sql/R__views.sql',
      'sql/V__none.sql',
      'sql/notes.sql',
      'sql/v3__low.sql',
    ]
    const found = flywayScripts(names.map((path) => ({ path, text: '' })))
    expect(found.map(({ kind, version, description }) => `${kind} ${version} ${description}`)).toEqual([
      'repeatable  views',
      'versioned 1 base',
      'versioned 1.2 two words',
      'undo 1.2 x',
    ])
  })
})
