import { describe, expect, it } from 'vitest'
import { databaseLease, databaseNameLease, schemaDifferences, sessionName } from '../src/index.ts'

describe('names', () => {
  it('of sessions hold the mark, in the 63 bytes that the server keeps', () => {
    expect(sessionName('m4rk')).toBe('backstep m4rk')
    expect(sessionName('m4rk', 'undo')).toBe('backstep m4rk undo')
    expect(sessionName('m4rk', 'ü'.repeat(100))).toHaveLength(63)
  })

  it('of leases say which database of which server, or which name on it', () => {
    const identity = { systemIdentifier: '7711516356922224698', databaseOid: 16384 }
    expect(databaseLease(identity)).toBe('postgres:7711516356922224698/16384')
    expect(databaseNameLease(identity, 'shop')).toBe('postgres:7711516356922224698/name/shop')
  })
})

describe('differences of schemas', () => {
  const table = { kind: 'table', name: 'public.a', definition: 'r p' }
  it('name what is missing on a side and what is another', () => {
    const column = { kind: 'column', name: 'public.a.x', definition: 'integer' }
    expect(schemaDifferences([table, column], [table, { ...column, definition: 'bigint' }])).toEqual([
      { kind: 'column', name: 'public.a.x', left: 'integer', right: 'bigint' },
    ])
    expect(schemaDifferences([table], [column])).toEqual([
      { kind: 'column', name: 'public.a.x', left: undefined, right: 'integer' },
      { kind: 'table', name: 'public.a', left: 'r p', right: undefined },
    ])
    expect(schemaDifferences([table], [table])).toEqual([])
  })
})
