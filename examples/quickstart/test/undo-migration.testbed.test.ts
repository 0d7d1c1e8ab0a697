import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { secret } from '@backstep/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { undoMigration } from '../steps/index.ts'
import { pauseCustomers } from '../world/customers.ts'
import { pointCurrentAt } from '../world/releases.ts'
import { type BadWorld, makeBadWorld } from './bad-world.ts'
import { rowsOf } from './helpers.ts'
import { prepared, type TestContext, testContext } from './step-context.ts'

describe('undo-migration', () => {
  let world: BadWorld
  let context: TestContext
  const sql = (text: string) => rowsOf(world.databaseUrl, text)
  const step = (rowsAtMost = 10_000) => undoMigration({ shop: world.layout.shop, database: secret('SHOP_DATABASE_URL'), to: 1, rowsAtMost })
  const codes = () => sql('select id::text, discount_code from orders where discount_code is not null order by id')
  const vouchers = () => sql('select code, percent, made_at::text from vouchers order by code')
  const history = () => sql('select version, type, installed_by from schema_history order by installed_rank')

  beforeAll(async () => {
    world = await makeBadWorld()
    context = testContext(world.databaseUrl)
  })
  beforeEach(async () => {
    await world.restore()
    await pauseCustomers(world.layout.root)
  })
  afterAll(() => world.end())

  it('shows what would be taken out of use, since when, and where it stays', async () => {
    const [row] = await sql(
      `select (select count(discount_code)::int from orders) as codes, (select count(*)::int from vouchers) as vouchers`,
    )
    const { changes, summary } = await step().prepare(context.prepare('aa'))
    expect(summary).toBe('Take the schema back to version 1 (undo V2)')
    expect(changes.map(({ dataLoss }) => dataLoss?.rows)).toEqual([undefined, row?.['codes'], row?.['vouchers']])
    expect(changes[1]?.dataLoss).toMatchObject({
      what: 'values of orders.discount_code',
      rowsAtMost: 10_000,
      keptIn: 'schema backstep_salvage',
    })
    expect(changes[1]?.dataLoss?.from).toMatch(/^2\d{3}-/)
  })

  it('goes back to the old schema, and forward again to the same rows', async () => {
    const before = [await codes(), await vouchers()]
    expect(before[0]?.length).toBeGreaterThan(0)
    const undo = step()
    const work = await prepared(undo, context)
    const receipt = await undo.execute(work, context.execute)
    expect(receipt).toMatchObject({ version: 1, rowsKept: (before[0]?.length ?? 0) + (before[1]?.length ?? 0) })
    await expect(codes()).rejects.toThrow(/discount_code/)
    expect(await undo.probe({ ...work, receipt }, context.execute)).toEqual({ at: 'after', receipt })
    const restoration = await undo.compensate?.({ ...work, receipt }, context.execute)
    expect(restoration?.notRestored).toEqual([])
    expect([await codes(), await vouchers()]).toEqual(before)
    expect(await undo.probe({ ...work, receipt }, context.execute)).toEqual({ at: 'before' })
  })

  it('says which values could not be put back', async () => {
    const undo = step()
    const work = await prepared(undo, context)
    const receipt = await undo.execute(work, context.execute)
    await sql('delete from orders where id = (select max(id) from backstep_salvage.orders_discount_code_' + work.mark.slice(-12) + ')')
    const restoration = await undo.compensate?.({ ...work, receipt }, context.execute)
    expect(restoration?.notRestored).toEqual([
      {
        what: '1 values of orders.discount_code',
        why: `their rows are gone; the values stay in backstep_salvage.orders_discount_code_${work.mark.slice(-12)}`,
      },
    ])
  })

  it('does nothing a second time, and finds its own commit when nobody told it', async () => {
    const undo = step()
    const work = await prepared(undo, context)
    const first = await undo.execute(work, context.execute)
    const rows = await history()
    expect(await undo.probe(work, context.execute)).toEqual({ at: 'after', receipt: first })
    expect(await undo.execute(work, context.execute)).toEqual(first)
    expect(await history()).toEqual(rows)
    expect(rows.map(({ version, type }) => `${String(type)} ${String(version)}`)).toEqual(['SQL 1', 'SQL 2', 'UNDO_SQL 2'])
    expect(rows.at(-1)?.['installed_by']).toBe(`backstep ${work.mark}`)
  })

  it('refuses when a column was added since, and changes nothing', async () => {
    const undo = step()
    const work = await prepared(undo, context)
    await sql('alter table orders add column gift_note text')
    const before = [await history(), await codes()]
    await expect(undo.execute(work, context.execute)).rejects.toMatchObject({ code: 'DRIFTED', effect: 'none' })
    expect([await history(), await codes()]).toEqual(before)
    expect(await undo.probe(work, context.execute)).toEqual({ at: 'elsewhere', detail: 'table orders changed without a migration' })
  })

  it('refuses an attempt that is older than a way back and forth', async () => {
    const undo = step()
    const stale = await prepared(undo, context)
    const work = await prepared(undo, context)
    const receipt = await undo.execute(work, context.execute)
    await undo.compensate?.({ ...work, receipt }, context.execute)
    expect(await undo.probe(stale, context.execute)).toEqual({ at: 'before' })
    await expect(undo.execute(stale, context.execute)).rejects.toMatchObject({
      code: 'DRIFTED',
      message: expect.stringContaining('newer rows') as string,
    })
  })

  it('does not go forward again over a change that came after it', async () => {
    const undo = step()
    const work = await prepared(undo, context)
    const receipt = await undo.execute(work, context.execute)
    await sql('alter table orders add column gift_note text')
    expect((await undo.probe({ ...work, receipt }, context.execute)).at).toBe('elsewhere')
    await expect(undo.compensate?.({ ...work, receipt }, context.execute)).rejects.toMatchObject({ code: 'DRIFTED' })
    await expect(codes()).rejects.toThrow(/discount_code/)
  })

  it('refuses more rows than were accepted, in the preview and under the lock', async () => {
    await expect(step(1).prepare(context.prepare('aa'))).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    const [row] = await sql('select count(*)::int as rows from vouchers')
    const undo = step(Number(row?.['rows']))
    const work = await prepared(undo, context)
    await sql(`insert into vouchers (code, percent) values ('LATE', 5)`)
    await expect(undo.execute(work, context.execute)).rejects.toMatchObject({ code: 'PRECONDITION_FAILED', effect: 'none' })
    expect((await undo.probe(work, context.execute)).at).toBe('before')
  })

  it('is unknown while an earlier attempt is still at work', async () => {
    const undo = step()
    const work = await prepared(undo, context)
    const url = new URL(world.databaseUrl)
    url.searchParams.set('application_name', `backstep ${work.mark}`)
    const { default: pg } = await import('pg')
    const earlier = new pg.Client({ connectionString: url.href })
    await earlier.connect()
    await earlier.query('begin')
    expect(await undo.probe(work, context.execute)).toMatchObject({ at: 'unknown' })
    await earlier.end()
    expect(await undo.probe(work, context.execute)).toEqual({ at: 'before' })
  })

  it('waits for a deploy that is migrating, by refusing for now', async () => {
    const undo = step()
    const work = await prepared(undo, context)
    const { default: pg } = await import('pg')
    const deploying = new pg.Client({ connectionString: world.databaseUrl })
    await deploying.connect()
    await deploying.query(`select pg_advisory_lock(hashtextextended('schema_history', 0))`)
    await expect(undo.execute(work, context.execute)).rejects.toMatchObject({ code: 'LEASE_HELD', canRetry: true, effect: 'none' })
    await deploying.end()
  })

  it('needs the release that brought the migration, with the script that was applied', async () => {
    pointCurrentAt(world.layout, world.good.release)
    await expect(step().prepare(context.prepare('aa'))).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
      message: 'current/migrations has no V2__discount_codes.sql',
    })
    pointCurrentAt(world.layout, world.bad.release)
    const script = join(world.layout.currentLink, 'migrations', 'V2__discount_codes.sql')
    const text = readFileSync(script, 'utf8')
    writeFileSync(script, `${text}-- edited\n`)
    await expect(step().prepare(context.prepare('aa'))).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
      message: expect.stringContaining('was changed after it was applied') as string,
    })
    writeFileSync(script, text)
  })

  it('writes nothing while it prepares, looks and verifies', async () => {
    const nextTransaction = async () => (await sql('select pg_snapshot_xmax(pg_current_snapshot())::text as id'))[0]?.['id']
    const undo = step()
    const before = await nextTransaction()
    const work = await prepared(undo, context)
    await undo.probe(work, context.execute)
    await undo.verify({ ...work, receipt: { version: 1, fingerprint: '', rowsKept: 0 } }, context.execute)
    expect(await nextTransaction()).toBe(before)
  })

  it('shows the password of the database to nobody', async () => {
    const { password } = new URL(world.databaseUrl)
    const undo = step()
    const work = await prepared(undo, context)
    const broken = testContext(world.databaseUrl.replace(/:\d+\/shop/, ':1/shop'))
    const failure = await undo.probe(work, broken.execute).catch((error: unknown) => error)
    const seen = JSON.stringify([work, undo.options, failure, String((failure as Error).cause), (failure as Error).stack])
    expect(failure).toMatchObject({ code: 'BACKEND_UNAVAILABLE' })
    expect(seen).not.toContain(password)
  })
})
