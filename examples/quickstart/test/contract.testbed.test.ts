import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type Json, secret } from '@backstep/core'
import { sampled, sampledAtMost } from '@backstep/testbed'
import { type FaultProxy, faultProxy, type Late, type StepBench, testRollbackStep } from '@backstep/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { SqlError } from '../steps/database-port.ts'
import { enterMaintenance, keepEvidence, restartService, switchRelease, undoMigration } from '../steps/index.ts'
import { pauseCustomers } from '../world/customers.ts'
import { currentRelease, pointCurrentAt } from '../world/releases.ts'
import { askService } from '../world/service-calls.ts'
import type { ServiceStatus } from '../world/supervised-service.ts'
import { type BadWorld, makeBadWorld } from './bad-world.ts'
import { historyTable } from '../world/migrate.ts'
import { eventually, rowsOf } from './helpers.ts'

let world: BadWorld
let proxy: FaultProxy
/** A release that somebody else starts in between. */
const hotfix = 'v1.5.1-ffffffffffff'

beforeAll(async () => {
  world = await makeBadWorld()
  await pauseCustomers(world.layout.root)
  await rowsOf(world.databaseUrl, 'create database contract')
  proxy = await faultProxy({ port: Number(new URL(world.databaseUrl).port) })
  cpSync(join(world.layout.releases, world.bad.release), join(world.layout.releases, hotfix), { recursive: true })
  writeFileSync(join(world.layout.releases, hotfix, 'release.json'), JSON.stringify({ tag: 'v1.5.1', commit: 'f'.repeat(40) }))
})
afterAll(async () => {
  await proxy.close()
  await world.end()
})

const shop = (): string => world.layout.shop
const inShop = (path: string): string => join(shop(), path)
const textOf = (path: string): string => (existsSync(inShop(path)) ? readFileSync(inShop(path), 'utf8') : 'none')

/** Files as a person sees them: marks and times differ in every run. */
function filesAsSeen(): Json {
  const evidence = existsSync(world.layout.evidence)
    ? readdirSync(world.layout.evidence).filter((name) => name.endsWith('.json')).length
    : 0
  const maintenance = textOf('maintenance.json').replace(/.*"reason":"(.*)".*/s, 'because of $1')
  return { current: currentRelease(world.layout)?.name ?? 'nothing', maintenance, evidence }
}

/** Everything below the shop's folder that a step could write. */
function filesAsWritten(): string {
  const evidence = existsSync(world.layout.evidence) ? readdirSync(world.layout.evidence) : []
  return JSON.stringify([readdirSync(shop()), evidence, currentRelease(world.layout)?.name, textOf('maintenance.json')])
}

async function freshFiles(): Promise<void> {
  for (const name of readdirSync(shop())) if (name.startsWith('maintenance.') || name.startsWith('current.')) rmSync(inShop(name))
  rmSync(world.layout.evidence, { recursive: true, force: true })
  pointCurrentAt(world.layout, world.bad.release)
}

const runner = { describe, it }

testRollbackStep({
  ...runner,
  name: 'keep-evidence',
  async setUp(): Promise<StepBench> {
    await freshFiles()
    return { make: () => keepEvidence({ shop: shop() }), world: async () => filesAsSeen(), writes: async () => filesAsWritten() }
  },
})

testRollbackStep({
  ...runner,
  name: 'enter-maintenance',
  async setUp(): Promise<StepBench> {
    await freshFiles()
    return {
      make: () => enterMaintenance({ shop: shop(), reason: 'a test' }),
      world: async () => filesAsSeen(),
      writes: async () => filesAsWritten(),
      drift: async () =>
        writeFileSync(world.layout.maintenanceFile, JSON.stringify({ mark: 'ops', since: 'yesterday', reason: 'new disks' })),
    }
  },
})

testRollbackStep({
  ...runner,
  name: 'switch-release',
  async setUp(): Promise<StepBench> {
    await freshFiles()
    return {
      make: (late: Late) => switchRelease({ shop: shop(), commit: late(world.good.commit) }),
      world: async () => filesAsSeen(),
      writes: async () => filesAsWritten(),
      drift: async () => pointCurrentAt(world.layout, 'node_modules'),
    }
  },
})

testRollbackStep({
  ...runner,
  name: 'restart-service',
  async setUp(): Promise<StepBench> {
    const restart = async (release: string): Promise<void> => {
      const { instance } = await status()
      const request = { expectInstance: instance, release, mark: `test ${instance + 1}`, ignoresLink: true }
      await askService<ServiceStatus>(`${world.settings.supervisorUrl}/restart`, request)
    }
    const status = () => askService<ServiceStatus>(`${world.settings.supervisorUrl}/status`)
    if ((await status()).release !== world.bad.release) await restart(world.bad.release)
    await eventually(async () => (await status()).state === 'running')
    pointCurrentAt(world.layout, world.good.release)
    return {
      make: (late: Late) => restartService({ shop: shop(), commit: late(world.good.commit) }),
      world: async () => ({ release: (await status()).release, state: (await status()).state }),
      writes: async () => (await status()).instance,
      drift: () => restart(hotfix),
    }
  },
})

testRollbackStep({
  ...runner,
  name: 'undo-migration',
  every: sampled(5),
  most: sampledAtMost(5),
  async setUp(): Promise<StepBench> {
    await freshFiles()
    const url = new URL(world.databaseUrl)
    url.pathname = '/contract'
    const throughProxy = new URL(url)
    throughProxy.port = String(proxy.port)
    const cutConnections = async (): Promise<void> => {
      await rowsOf(world.databaseUrl, `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = 'contract'`)
    }
    await cutConnections()
    await rowsOf(url.href, freshDatabase())
    return {
      make: (late: Late) => undoMigration({ shop: shop(), database: secret('SHOP_DATABASE_URL'), to: late(1), rowsAtMost: 1000 }),
      secrets: { SHOP_DATABASE_URL: throughProxy.href },
      proxy,
      world: () => databaseAsSeen(url.href),
      writes: async () => String((await rowsOf(url.href, 'select pg_snapshot_xmax(pg_current_snapshot())::text as id'))[0]?.['id']),
      drift: async () => void (await rowsOf(url.href, 'alter table orders add column gift_note text')),
      connectionLost: () => new SqlError('Connection terminated unexpectedly', undefined),
      cutConnections,
    }
  },
})

/** The schema of 1.5.0 with a few rows, the same in every case: one order from before, two with codes, one without. */
function freshDatabase(): string {
  const migration = (name: string): string => readFileSync(join(shop(), 'releases', world.bad.release, 'migrations', name), 'utf8')
  const applied = (rank: number, script: string): string =>
    `(${rank}, '${rank}', 'test', 'SQL', '${script}', ${crc32(migration(script)) | 0}, 'test', '2026-11-2${rank}T00:00:00Z', true)`
  return [
    'drop schema public cascade; drop schema if exists backstep_salvage cascade; create schema public',
    historyTable,
    migration('V1__orders.sql'),
    `insert into orders (customer, product, quantity, placed_at) values ('old@mail.example', 'tea', 1, '2026-11-20T00:00:00Z')`,
    migration('V2__discount_codes.sql'),
    `update vouchers set made_at = '2026-11-22T00:00:00Z'; insert into vouchers values ('THANKS-2', 5, '2026-11-22T01:00:00Z')`,
    `insert into orders (customer, product, quantity, placed_at, discount_code) values
       ('A100001', 'tea', 1, '2026-11-22T02:00:00Z', 'SPRING10'), ('A100002', 'tea', 1, '2026-11-22T03:00:00Z', 'THANKS-2'), ('A100003', 'tea', 2, '2026-11-22T04:00:00Z', null)`,
    `insert into schema_history values ${applied(1, 'V1__orders.sql')}, ${applied(2, 'V2__discount_codes.sql')}`,
  ].join(';\n')
}

/** The schema and all rows; of what was set aside, the rows that the schema has no place for now. */
async function databaseAsSeen(url: string): Promise<Json> {
  const [schema] = await rowsOf(
    url,
    `select (select string_agg(line, E'\\n' order by line) from (
       select table_name || '.' || column_name || ' ' || data_type || is_nullable as line from information_schema.columns where table_schema = 'public'
       union all select conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint where connamespace = 'public'::regnamespace) lines) as columns,
     (select string_agg(version || live, ' ' order by version) from (
       select version, sum(case type when 'SQL' then 1 else -1 end) as live from schema_history group by version) versions) as versions,
     to_regclass('public.vouchers') is not null as "isNew"`,
  )
  const isNew = schema?.['isNew'] === true
  const kept = await rowsOf(url, `select tablename::text as name from pg_tables where schemaname = 'backstep_salvage' order by 1`)
  const tables = ['public.orders', ...(isNew ? ['public.vouchers'] : kept.map(({ name }) => `backstep_salvage.${String(name)}`))]
  const rows = []
  for (const table of tables) {
    const [found] = await rowsOf(url, `select coalesce(json_agg(to_json(t) order by to_json(t)::text), '[]')::text as rows from ${table} t`)
    rows.push(String(found?.['rows']))
  }
  return { columns: String(schema?.['columns']), versions: String(schema?.['versions']), rows }
}
