import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { confirmedOrders, totalsSince } from '../world/customers.ts'
import { currentRelease } from '../world/releases.ts'
import { shareOfFailures } from './customers-view.ts'
import type { Screen } from './screen.ts'
import type { World } from '../world/world.ts'
import type { BrokenShop } from './set-up.ts'

/** What the shop's own parts say about it, asked without the steps of the plan. */
export interface Facts {
  readonly tag: string
  readonly commit: string
  readonly schema: number
  readonly current: string
  readonly maintenance: boolean
  /** Rows of the history: `SQL 1`, `SQL 2`, `UNDO_SQL 2`. */
  readonly history: readonly string[]
  readonly kept: readonly { readonly table: string; readonly rows: number }[]
  readonly starts: number
  readonly evidenceFiles: number
  /** Orders that customers were told are taken, and that the database does not have. */
  readonly lostOrders: number
  readonly confirmedOrders: number
}

export async function readFacts({ layout, settings, databaseUrl }: World): Promise<Facts> {
  const health = (await (await fetch(`${settings.shopUrl}/health`)).json()) as Pick<Facts, 'tag' | 'commit' | 'schema' | 'maintenance'>
  const { tag, commit, schema, maintenance } = health
  const evidence = join(layout.shop, 'evidence')
  const ofDatabase = await readDatabase(
    databaseUrl,
    confirmedOrders(layout.root).map(({ id }) => id),
  )
  return {
    tag,
    commit,
    schema,
    maintenance,
    current: currentRelease(layout)?.name ?? 'nothing',
    starts: readFileSync(join(layout.logs, 'starts.jsonl'), 'utf8').trimEnd().split('\n').length,
    evidenceFiles: existsSync(evidence) ? readdirSync(evidence).length : 0,
    ...ofDatabase,
  }
}

async function readDatabase(
  url: string,
  confirmed: readonly string[],
): Promise<Pick<Facts, 'history' | 'kept' | 'lostOrders' | 'confirmedOrders'>> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const rows = async (sql: string, values: readonly unknown[] = []) =>
      (await client.query(sql, [...values])).rows as Record<string, string>[]
    const history = await rows(`select type || ' ' || version as entry from schema_history order by installed_rank`)
    const tables = await rows(`select tablename as name from pg_tables where schemaname = 'backstep_salvage' order by 1`)
    const kept = []
    for (const { name = '' } of tables) {
      const [counted] = await rows(`select count(*)::int as rows from backstep_salvage.${client.escapeIdentifier(name)}`)
      kept.push({ table: name, rows: Number(counted?.['rows']) })
    }
    const [lost] = await rows(
      'select count(*)::int as rows from unnest($1::bigint[]) as confirmed (id) where not exists (select from orders o where o.id = confirmed.id)',
      [confirmed],
    )
    return { history: history.map(({ entry = '' }) => entry), kept, lostOrders: Number(lost?.['rows']), confirmedOrders: confirmed.length }
  } finally {
    await client.end()
  }
}

/** The shop before and after, as its own parts tell it. */
export async function showProof(screen: Screen, shop: BrokenShop, run: { readonly from: number; readonly to: number }): Promise<void> {
  const facts = await readFacts(shop)
  const { root } = shop.layout
  const wholeSeconds = Math.floor(run.from / 1000) * 1000 // the second in which the run began counts too
  const [whole, after] = [totalsSince(root, wholeSeconds), totalsSince(root, run.to)]
  screen.section('The shop now', 'asked of its parts, not of the plan')
  screen.fact('customers', `${shareOfFailures(after)} since the run`)
  screen.fact('interrupted', `${whole.refused} orders were asked to come back later, ${whole.unreachable} got no answer`)
  screen.fact('serves', `${facts.tag}, commit ${facts.commit.slice(0, 12)}, current -> ${facts.current}`)
  screen.fact('schema', `${facts.schema}; history: ${facts.history.join(', ')}`)
  screen.fact('kept rows', facts.kept.map(({ table, rows }) => `${rows} in ${table.replace(/_[0-9a-f]{12}$/, '_…')}`).join(', '))
  screen.fact('orders', `${facts.confirmedOrders} were confirmed to customers, ${facts.lostOrders} of them are lost`)
}

/** The parts of the shop that are as they were: compared, not assumed. */
export function untouched(before: Facts, after: Facts): string {
  const parts: readonly (readonly [string, boolean])[] = [
    ['history', before.history.join() === after.history.join()],
    ['current', before.current === after.current],
    ['server', before.starts === after.starts],
    ['maintenance', before.maintenance === after.maintenance],
    ['evidence', before.evidenceFiles === after.evidenceFiles],
  ]
  const changed = parts.filter(([, isSame]) => !isSame).map(([name]) => name)
  return changed.length === 0 ? parts.map(([name]) => name).join(', ') : `all but ${changed.join(', ')}`
}
