import type { RunRecord } from '@backstep/core'
import { existsSync, type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { openRollback } from '../story/rollback.ts'
import { pauseCustomers, confirmedOrders, unpauseCustomers } from '../world/customers.ts'
import type { Layout } from '../world/layout.ts'
import { currentRelease } from '../world/releases.ts'
import type { World } from '../world/world.ts'

/** What has to be the same after every run, however often its process was killed. */
export interface WorldAfter {
  readonly outcome: string
  readonly serves: string
  readonly current: string
  readonly history: string
  readonly tables: string
  /** How often each effect was really made, as seen from outside the run's processes. */
  readonly linkTurned: number
  readonly maintenanceChanged: number
  readonly serverStarts: number
  readonly evidence: number
  /** Steps of which the journal says that they are done, or were found done. */
  readonly effects: string
  readonly lostOrders: number
  /** Discount codes of confirmed orders that are neither in the table nor, when it has no place for them, among the kept values. */
  readonly lostCodes: number
  readonly leftovers: string
}

/** Counts the changes of files from now on; the kernel tells, whoever makes them. */
export function watchEffects(layout: Layout): { worldAfter(world: World, runId: string): Promise<WorldAfter> } {
  const counts = { current: 0, 'maintenance.json': 0 }
  const startsBefore = starts(layout)
  const watcher: FSWatcher = watch(layout.shop, (type, name) => {
    if (type === 'rename' && (name === 'current' || name === 'maintenance.json')) counts[name] += 1
  })
  return {
    async worldAfter(world, runId) {
      await pauseCustomers(layout.root)
      await sleep(50)
      watcher.close()
      const seen = {
        linkTurned: counts.current,
        maintenanceChanged: counts['maintenance.json'],
        serverStarts: starts(layout) - startsBefore,
      }
      const after = { ...(await readWorld(world, runId)), ...seen }
      unpauseCustomers(layout.root)
      return after
    },
  }
}

/** Names what is not as expected. */
export function differences(expected: WorldAfter, found: WorldAfter): readonly string[] {
  const keys = Object.keys(expected) as (keyof WorldAfter)[]
  return keys.filter((key) => expected[key] !== found[key]).map((key) => `${key} is ${found[key]}, not ${expected[key]}`)
}

function starts({ logs }: Layout): number {
  return readFileSync(join(logs, 'starts.jsonl'), 'utf8').trimEnd().split('\n').length
}

async function readWorld(world: World, runId: string): Promise<Omit<WorldAfter, 'linkTurned' | 'maintenanceChanged' | 'serverStarts'>> {
  const { layout, settings, databaseUrl } = world
  const health = (await (await fetch(`${settings.shopUrl}/health`)).json()) as { commit: string; schema: number; maintenance: boolean }
  const { view, records } = await openRollback(world).runner.readRun(runId)
  const isEffect = (record: RunRecord): boolean =>
    record.type === 'step.effected' || (record.type === 'step.probed' && record.position.at === 'after')
  const effects = records.filter(isEffect).map((record) => ('id' in record ? record.id : ''))
  const evidence = existsSync(layout.evidence) ? readdirSync(layout.evidence) : []
  return {
    outcome: view.outcome ?? view.state,
    serves: `${health.commit} on schema ${health.schema}${health.maintenance ? ' in maintenance' : ''}`,
    current: currentRelease(layout)?.name ?? 'nothing',
    evidence: evidence.filter((name) => name.endsWith('.json')).length,
    effects: effects.toSorted().join(' '),
    leftovers: [...evidence, ...readdirSync(layout.shop)].filter((name) => name.endsWith('.part') || name.startsWith('current.')).join(' '),
    ...(await readDatabase(databaseUrl, layout.root)),
  }
}

async function readDatabase(url: string, root: string): Promise<Pick<WorldAfter, 'history' | 'tables' | 'lostOrders' | 'lostCodes'>> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const read = async (sql: string) => (await client.query<{ text: string }>(sql)).rows.map(({ text }) => text)
    const history = await read(`select type || ' ' || version as text from schema_history order by installed_rank`)
    const tables = await read(
      `select schemaname || '.' || regexp_replace(tablename, '_[0-9a-f]{12}$', '') as text from pg_tables where schemaname in ('public', 'backstep_salvage') order by 1`,
    )
    const [kept] = await read(`select tablename as text from pg_tables where schemaname = 'backstep_salvage' and tablename like 'orders%'`)
    const stored = new Set(await read('select id::text as text from orders'))
    const salvage = `backstep_salvage.${client.escapeIdentifier(kept ?? 'missing')}`
    const hasColumn =
      (
        await read(
          `select attname as text from pg_attribute where attrelid = 'orders'::regclass and attname = 'discount_code' and not attisdropped`,
        )
      ).length > 0
    const codes = new Set(
      await read(`select id || ' ' || discount_code as text from ${hasColumn ? 'orders' : salvage} where discount_code is not null`),
    )
    const confirmed = confirmedOrders(root)
    const lostCodes = confirmed.filter(({ id, discountCode }) => discountCode !== undefined && !codes.has(`${id} ${discountCode}`))
    return {
      history: history.join(', '),
      tables: tables.join(', '),
      lostOrders: confirmed.filter(({ id }) => !stored.has(id)).length,
      lostCodes: lostCodes.length,
    }
  } finally {
    await client.end()
  }
}
