import { secret } from '@backstep/core'
import { ownPostgres, sampled, sampledAtMost } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { describe, expect, it } from 'vitest'
import { type DataFixOptions, fixData } from '../src/index.ts'
import { drive } from './step-on-database.ts'
import { worldOf } from './world.ts'

const server = await ownPostgres()

const shop = async () => {
  const database = await server.database()
  await database.sql(`set role tester; create table orders (id int primary key, total int not null, note text);
    insert into orders select n, case when n < 4 then -n else n end from generate_series(1, 9) n`)
  return database
}
const fix = (more: Partial<DataFixOptions> = {}) =>
  fixData({
    url: secret('DATABASE'),
    name: 'negative totals',
    sql: `update orders set total = -total where total < 0; delete from orders where id = 9; insert into orders values (10, 10, 'late')`,
    rows: [3, 1, 1],
    before: [{ sql: 'select count(*) from orders where total < 0', equals: 3 }],
    after: [{ sql: 'select count(*) from orders where total < 0', equals: 0 }],
    ...more,
  })

describe('a fix of data', () => {
  it('comes back whole', async () => {
    const database = await shop()
    const before = await worldOf(database, [])
    const step = await drive(fix(), database.url)
    expect(await step.execute()).toMatchObject({ rows: 5 })
    expect(await database.sql('select sum(total)::int as total, count(*)::int as rows from orders')).toEqual([{ total: 46, rows: 9 }])
    expect((await step.compensate()).notRestored).toEqual([])
    expect(await worldOf(database, [])).toEqual(before)
  })

  it('leaves what somebody wrote meanwhile, and says so', async () => {
    const database = await shop()
    const step = await drive(fix(), database.url)
    await step.execute()
    await database.sql(`update orders set note = 'paid' where id = 2`)
    expect((await step.compensate()).notRestored).toMatchObject([{ what: '1 rows of public.orders' }])
    expect(await database.sql('select total, note from orders where id in (1, 2) order by id')).toEqual([
      { total: -1, note: null },
      { total: 2, note: 'paid' },
    ])
  })

  const refused: readonly (readonly [string, Partial<DataFixOptions>, string])[] = [
    ['a count that is off before', { before: [{ sql: 'select count(*) from orders', equals: 3 }] }, 'PRECONDITION_FAILED'],
    ['a statement that is no write', { sql: 'drop table orders', rows: [0] }, 'NOT_SUPPORTED'],
    ['a COMMIT', { sql: 'delete from orders; commit', rows: [9, 0] }, 'NOT_SUPPORTED'],
    ['too few expectations', { rows: [3] }, 'OPTIONS_INVALID'],
    ['a table that is not there', { sql: 'delete from nothing', rows: [0] }, 'TARGET_NOT_FOUND'],
  ]
  for (const [what, more, code] of refused) {
    it(`is refused before anything is written: ${what}`, async () => {
      const database = await shop()
      await expect(drive(fix(more), database.url)).rejects.toMatchObject({ code, effect: 'none' })
    })
  }

  it('is taken back when a statement changes another number of rows, or a check fails afterwards', async () => {
    const database = await shop()
    const before = await worldOf(database, [])
    for (const more of [{ rows: [3, 1, 2] }, { after: [{ sql: 'select count(*) from orders', equals: 8 }] }]) {
      const step = await drive(fix(more), database.url)
      await expect(step.execute()).rejects.toMatchObject({ code: 'DRIFTED', effect: 'none' })
      expect(await worldOf(database, [])).toEqual(before)
    }
  })
})

testRollbackStep({
  name: 'a fix of data',
  describe,
  it,
  async setUp() {
    const database = await shop()
    return {
      make: () => fix(),
      world: () => worldOf(database, []),
      drift: async () => void (await database.sql('insert into orders values (77, -77)')),
      writes: () => server.nextTransactionId(),
      secrets: { DATABASE: database.url },
      cutConnections: async () => {
        await database.sql(
          `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name like 'backstep%'`,
        )
      },
      tearDown: async () => void (await server.sql('postgres', `drop database if exists ${database.name} with (force)`)),
    }
  },
  every: sampled(19),
  most: sampledAtMost(1),
  speed: 10,
  promptMs: 5000,
})
