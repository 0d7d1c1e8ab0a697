import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secret } from '@backstep/core'
import { system } from '@backstep/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flywayUndoMigrations, type FlywayUndoOptions } from '../src/index.ts'
import { type FlywayLab, flywayLab, sampleSql, sampleUndo } from './flyway-lab.ts'
import { drive } from './step-on-database.ts'
import { worldOf } from './world.ts'

const flyway = await system('flyway')
const server = await system('postgres18')
const folders: string[] = []
let template = ''

beforeAll(async () => {
  template = (await flywayLab({ server, flyway })).database.name
}, 60_000)
afterAll(async () => void (await Promise.all(folders.map((folder) => rm(folder, { recursive: true })))))

const lab = (): Promise<FlywayLab> => flywayLab({ server, flyway, template })
const undoTo = (to: string, more: Partial<FlywayUndoOptions> = {}) =>
  flywayUndoMigrations({ url: secret('DATABASE'), migrations: sampleSql, undo: sampleUndo, to, ...more })
const worldIn = ({ database }: FlywayLab) => worldOf(database, ['flyway_schema_history'])

/** A copy of the sample with other files. */
async function edited(
  files: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly migrations: string; readonly undo: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'backstep-flyway-'))
  folders.push(folder)
  await Promise.all([cp(sampleSql, join(folder, 'sql'), { recursive: true }), cp(sampleUndo, join(folder, 'undo'), { recursive: true })])
  for (const [path, text] of Object.entries(files))
    await (text === undefined ? rm(join(folder, path)) : writeFile(join(folder, path), text))
  return { migrations: join(folder, 'sql'), undo: join(folder, 'undo') }
}

describe('after an undo, the real Flyway', () => {
  for (const to of ['1', '3.1']) {
    it(`agrees that version ${to} is current, and migrates again to the same schema`, { timeout: 60_000 }, async () => {
      const one = await lab()
      const before = (await worldIn(one))['schema'] as string[]
      const step = await drive(undoTo(to), one.database.url)
      await step.execute()

      const older = await edited(
        Object.fromEntries(
          ['2__phone', '3__vouchers', '3.1__notes', '4__cents']
            .filter((name) => Number(name.split('__')[0]) > Number(to))
            .map((name) => [`sql/V${name}.sql`, undefined]),
        ),
      )
      const only = await flywayLab({ server, flyway, folder: older.migrations })
      const shape = (await worldIn(one))['schema'] as string[]
      const withoutPositions = (lines: readonly string[]) => lines.filter((line) => !line.startsWith('sequence '))
      expect(withoutPositions(shape)).toEqual(withoutPositions((await worldIn(only))['schema'] as string[]))

      expect(await one.flyway('info', { folder: older.migrations })).toMatchObject({ schemaVersion: to })
      expect(await one.flyway('validate', { folder: older.migrations })).toMatchObject({ validationSuccessful: true })
      expect(await one.flyway('migrate', { folder: older.migrations })).toMatchObject({ success: true, migrationsExecuted: 0 })
      expect(await one.flyway('migrate')).toMatchObject({
        success: true,
        migrationsExecuted: [2, 3, 3.1, 4].filter((version) => version > Number(to)).length,
      })
      expect(await one.flyway('validate')).toMatchObject({ validationSuccessful: true })
      expect(withoutPositions((await worldIn(one))['schema'] as string[])).toEqual(withoutPositions(before))
    })
  }

  it('agrees after the way back too, and every row is there again', { timeout: 60_000 }, async () => {
    const one = await lab()
    const before = await worldIn(one)
    const step = await drive(undoTo('1'), one.database.url)
    await step.execute()
    expect(await step.probe()).toBe('after')
    const { notRestored } = await step.compensate()
    expect(notRestored).toEqual([])
    expect(await worldIn(one)).toEqual(before)
    expect(await one.flyway('validate')).toMatchObject({ validationSuccessful: true })
    expect(await one.flyway('migrate')).toMatchObject({ migrationsExecuted: 0 })
  })
})

describe('rows that an undo takes away', () => {
  it('are counted, parked where nothing hangs on the table, and copied elsewhere', async () => {
    const one = await lab()
    const { preparation } = await drive(undoTo('1'), one.database.url)
    const losses = preparation.changes.flatMap(({ resource, dataLoss }) =>
      dataLoss === undefined ? [] : [[resource.split('/').at(-1), dataLoss.rows]],
    )
    expect(losses).toEqual([
      ['public.orders.total', 8],
      ['public.notes', 4],
      ['public.orders.voucher_id', 3],
      ['public.vouchers', 5],
      ['public.customers.phone', 8],
      ['public.customers.newsletter', 12],
    ])
    expect(preparation.risk).toEqual(['reversible'])
    expect(preparation.findings?.map(({ message }) => message).filter((message) => message.includes('parked'))).toEqual([
      expect.stringContaining('public.notes'),
    ])
  })

  it('are reported when they cannot come back, and nothing that was written meanwhile is lost', async () => {
    const one = await lab()
    const step = await drive(undoTo('1'), one.database.url)
    await step.execute()
    await one.database
      .sql(`delete from orders where id = 2; delete from customers where id = 12; update orders set total = 99.5 where id = 3;
      insert into customers (name) values ('new')`)
    const { notRestored } = await step.compensate()
    expect(notRestored?.map(({ what }) => what).toSorted()).toEqual([
      '1 of public.customers.newsletter',
      '1 of public.notes',
      '1 of public.orders.voucher_id',
      '2 of public.orders.total',
    ])
    expect(notRestored?.[0]).toMatchObject({ why: expect.stringMatching(/changed meanwhile; they stay in "backstep_/) })
    expect(await one.database.sql('select total::text as total from orders where id = 3')).toEqual([{ total: '9950' }])
    expect(await one.database.sql(`select count(*)::int as rows from customers where name = 'new'`)).toEqual([{ rows: 1 }])
  })

  it('refuse the undo when there are more than the plan allows, also when they come after the approval', async () => {
    const one = await lab()
    await expect(drive(undoTo('3.1', { rowsAtMost: 7 }), one.database.url)).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    const step = await drive(undoTo('3.1', { rowsAtMost: 8 }), one.database.url)
    await one.database.sql('insert into orders (customer_id, total) values (1, 1)')
    await expect(step.execute()).rejects.toMatchObject({ code: 'DRIFTED', effect: 'none' })
    expect(await step.probe()).toBe('before')
  })
})

describe('refused before anything is written', () => {
  const undo4 = 'alter table orders alter column total type numeric(10, 2) using total / 100.0;'
  const cases: readonly (readonly [string, Readonly<Record<string, string | undefined>>, Partial<FlywayUndoOptions>, string, RegExp])[] = [
    ['a missing undo script', { 'undo/U4__cents.sql': undefined }, {}, 'PRECONDITION_FAILED', /no undo script of V4/],
    ['a missing migration script', { 'sql/V4__cents.sql': undefined }, {}, 'PRECONDITION_FAILED', /lacks the scripts.*V4/],
    ['a script that was changed', { 'sql/V4__cents.sql': 'select 2;' }, {}, 'PRECONDITION_FAILED', /checksums: V4/],
    ['two scripts of one version', { 'undo/U4.0__again.sql': undo4 }, {}, 'TARGET_AMBIGUOUS', /U4\.0__again/],
    ['an empty undo script', { 'undo/U4__cents.sql': '-- later\n' }, {}, 'PRECONDITION_FAILED', /no statement/],
    ['a COMMIT in an undo script', { 'undo/U4__cents.sql': `${undo4}\ncommit;` }, {}, 'NOT_SUPPORTED', /U4__cents.sql, line 2: COMMIT/],
    [
      'CREATE INDEX CONCURRENTLY',
      { 'undo/U4__cents.sql': 'create index concurrently i on orders (total);' },
      {},
      'NOT_SUPPORTED',
      /CONCURRENTLY/,
    ],
    [
      'a program whose effect is not known',
      { 'undo/U4__cents.sql': 'do $$ begin delete from orders; end $$;' },
      {},
      'PRECONDITION_FAILED',
      /DO runs/,
    ],
    ['text that is no SQL', { 'undo/U4__cents.sql': 'select 1;\n\\i other.sql' }, {}, 'PRECONDITION_FAILED', /line 2/],
    ['a placeholder without a value', { 'undo/U4__cents.sql': 'drop table ${name};' }, {}, 'OPTIONS_INVALID', /placeholder name/],
    ['a target that is not applied', {}, { to: '7' }, 'TARGET_NOT_FOUND', /Version 7/],
    ['a history table of another name', {}, { table: 'schema_version' }, 'TARGET_NOT_FOUND', /no history table public.schema_version/],
    ['a history table in another schema', {}, { schema: 'app' }, 'TARGET_NOT_FOUND', /no history table app\./],
  ]
  for (const [what, files, options, code, message] of cases) {
    it(what, async () => {
      const one = await lab()
      const before = await worldIn(one)
      const place = await edited(files)
      await expect(drive(undoTo('3.1', { ...place, ...options }), one.database.url)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
        effect: 'none',
      })
      expect(await worldIn(one)).toEqual(before)
    })
  }

  it('a relative target', () => {
    for (const to of ['-1', 'latest', 'previous']) expect(() => undoTo(to)).toThrow(/absolute|one version/)
  })

  it('a migration that failed and was recorded so', async () => {
    const one = await lab()
    await one.database.sql(`update flyway_schema_history set success = false where version = '4'`)
    await expect(drive(undoTo('1'), one.database.url)).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
      message: expect.stringContaining('Version 4'),
    })
  })

  it('a table without a primary key, unless the loss is accepted', async () => {
    const one = await lab()
    await one.database.sql('alter table orders drop constraint orders_pkey cascade')
    await expect(drive(undoTo('3.1'), one.database.url)).rejects.toMatchObject({ message: expect.stringContaining('no primary key') })
    const { preparation } = await drive(undoTo('3.1', { losses: 'accept' }), one.database.url)
    expect(preparation.risk).toEqual(['data-loss'])
  })
})

describe('while it is at work', () => {
  it('refuses beside a Flyway that is migrating, and leaves everything as it was', async () => {
    const one = await lab()
    const step = await drive(undoTo('1'), one.database.url)
    const waiting = await edited({ 'sql/V5__slow.sql': 'select pg_sleep(3);' })
    const migrating = one.flyway('migrate', { folder: waiting.migrations })
    await expect
      .poll(
        async () =>
          (
            await one.database.sql(
              `select 1 from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
            )
          ).length,
        { timeout: 20_000 },
      )
      .toBeGreaterThan(0)
    await expect(step.execute()).rejects.toMatchObject({ code: 'LEASE_HELD', effect: 'none' })
    await migrating
    await expect(step.execute()).rejects.toMatchObject({ code: 'DRIFTED', effect: 'none' })
  }, 60_000)
})
