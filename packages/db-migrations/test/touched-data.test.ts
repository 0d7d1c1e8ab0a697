import { describe, expect, it } from 'vitest'
import { parseScript } from '../src/parse-script.ts'
import { factsOf } from '../src/statement-effects.ts'
import { touchedData } from '../src/touched-data.ts'

const read = async (sql: string) => touchedData(await parseScript('U1.sql', sql), 'public')
const shown = async (sql: string) => (await read(sql)).touched.map(({ kind, table, columns }) => [kind, table.name, ...columns].join(' '))

describe('what an undo takes away', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['drop table a', ['table a']],
    ['drop table if exists a, app.b cascade', ['table a', 'table b']],
    ['alter table a drop column x, drop column if exists y', ['column a x', 'column a y']],
    ['alter table a drop column x; drop table a', ['table a']],
    ['alter table a alter column x type int using x::int', ['values a x']],
    ['update a set x = 1, (y, z) = (2, 3) where id > 4', ['values a x', 'values a y', 'values a z']],
    ['update a set x = 1; alter table a drop column x', ['column a x']],
    ['delete from only a using b where a.id = b.id', ['rows a']],
    ['truncate a, b', ['rows a', 'rows b']],
    ['with gone as (delete from a returning *) insert into b select * from gone', ['rows a']],
    ['alter table a rename to b; alter table b drop column x', ['column a x']],
    ['alter table a rename column x to y; alter table a drop column y', ['column a x']],
    ['alter table a set schema app; drop table app.a', ['table a']],
    ['create table a (id int); insert into a select 1; drop table a', []],
    ['alter table a add column new int; update a set new = 1; alter table a drop column new', []],
    ['alter table a drop column "new"', ['column a new']],
    ['drop view v; drop index i; alter table a drop constraint c; comment on table a is null', []],
  ]
  for (const [sql, touched] of cases) it(sql, async () => expect(await shown(sql)).toEqual(touched))

  const unclear = [
    'do $$ begin delete from a; end $$',
    'call clean()',
    'select clean()',
    'truncate a cascade',
    'drop type mood cascade',
    'drop schema app cascade',
    'merge into a using b on a.id = b.id when matched then delete',
    'insert into a values (1) on conflict (id) do update set x = 2',
    'update a set x = 1; alter table a rename to b',
    'drop sequence s',
  ]
  for (const sql of unclear) it(`cannot be told of: ${sql}`, async () => expect((await read(sql)).unclear).not.toEqual([]))

  it('is nothing for calls that only set a sequence', async () => {
    expect(await read(`select setval('a_id_seq', (select max(id) from a))`)).toEqual({ touched: [], unclear: [] })
  })
})

describe('a table that is dropped', () => {
  it('is altered when the script has renamed it, or dropped or filled a column before', async () => {
    const isAltered = async (sql: string) => (await read(sql)).touched.map((one) => one.isAltered ?? false)
    expect(await isAltered('drop table a')).toEqual([false])
    expect(await isAltered('alter table a drop column x; drop table a')).toEqual([true])
    expect(await isAltered('alter table a rename column x to y; drop table a')).toEqual([true])
    expect(await isAltered('alter table a rename to b; drop table b')).toEqual([true])
    expect(await isAltered('update a set x = 1; drop table a; drop table c')).toEqual([true, false])
  })
})

describe('statements that cannot be part of one transaction', () => {
  for (const sql of [
    'create index concurrently i on a (x)',
    'drop index concurrently i',
    'reindex table concurrently a',
    'alter table a detach partition b concurrently',
    'vacuum a',
    'create database b',
    'alter system set work_mem = 1',
  ]) {
    it(sql, async () =>
      expect((await parseScript('U1.sql', sql)).map((one) => factsOf(one).notInTransaction)).toEqual([expect.any(String)]),
    )
  }

  it('transaction commands are told from text that only looks like one', async () => {
    const parsed = await parseScript(
      'U1.sql',
      `begin; select 'commit;'; -- commit;\ncommit; create function f() returns int language sql begin atomic; select 1; end`,
    )
    expect(parsed.map((one) => factsOf(one).isTransactionControl)).toEqual([true, false, true, false])
  })
})

describe('a script', () => {
  it('is split where PostgreSQL splits it, and every statement knows its line', async () => {
    const parsed = await parseScript('U1.sql', `-- é\nalter table a drop column x;\n\n/* ; */ select ';' as "é;", $$;$$;\ndrop table b`)
    expect(parsed.map(({ text, line }) => [line, text.replace(/^\/\*.*\*\/ /, '')])).toEqual([
      [2, 'alter table a drop column x'],
      [4, `select ';' as "é;", $$;$$`],
      [5, 'drop table b'],
    ])
  })

  it('that is no SQL is refused by line', async () => {
    await expect(parseScript('U7.sql', 'select 1;\n\nselec 2')).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
      message: expect.stringContaining('U7.sql, line 3'),
    })
  })
})
