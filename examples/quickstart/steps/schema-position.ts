import { type JsonObject, sha256Hex } from '@backstep/core'
import type { SqlSession } from './database-port.ts'

/** A row of the history, in the usual way of migration tools. An undo adds a row; nothing is ever taken out. */
export type HistoryRow = {
  readonly rank: number
  readonly version: string
  readonly description: string
  readonly type: string
  readonly script: string
  readonly checksum: number | null
  readonly installedBy: string
  readonly installedAt: string
}
/** All that says which schema this is. */
export interface SchemaPosition {
  /** Global identity of the database: of the cluster, and of the database in it. */
  readonly database: string
  /** Versions that are applied and not undone, oldest first. */
  readonly live: readonly HistoryRow[]
  /** Newest row. It only grows, so a schema that went away and came back is not mistaken for one that stayed. */
  readonly rank: number
  /** Marks of the rows that undid something. */
  readonly undoneBy: readonly string[]
  /** What the schema is, whatever its history says: of each table a sha256 over what the catalog knows of it. */
  readonly tables: Readonly<Record<string, string>>
}

const historySql = `
  select installed_rank as rank, version, description, type, script, checksum, installed_by as "installedBy",
    to_char(installed_on at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "installedAt"
  from schema_history where success order by installed_rank`

// Columns without their order: dropping and adding one again moves it for good. The history itself and what was set aside are left out.
const tablesSql = `
  select name, encode(sha256(convert_to(string_agg(line, E'\\n' order by line collate "C"), 'UTF8')), 'hex') as hash from (
    select c.relname::text as name, format('column %I %s %s %s', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) as line
      from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and a.attnum > 0 and not a.attisdropped
    union all select c.relname::text, format('constraint %s %s %s', k.conname, pg_get_constraintdef(k.oid), k.convalidated)
      from pg_constraint k join pg_class c on c.oid = k.conrelid where k.connamespace = 'public'::regnamespace
    union all select c.relname::text, format('index %s %s', pg_get_indexdef(i.indexrelid), i.indisvalid)
      from pg_index i join pg_class c on c.oid = i.indrelid where c.relnamespace = 'public'::regnamespace
    union all select c.relname::text, format('trigger %s', pg_get_triggerdef(t.oid))
      from pg_trigger t join pg_class c on c.oid = t.tgrelid where not tgisinternal and c.relnamespace = 'public'::regnamespace
  ) objects where name <> 'schema_history' group by name order by name collate "C"`

const databaseSql = `select (select system_identifier::text from pg_control_system()) || '/' || oid::text as database from pg_database where datname = current_database()`

export async function readPosition(session: SqlSession): Promise<SchemaPosition> {
  const rows = await session.query<HistoryRow>(historySql)
  const undone = rows.filter(({ type }) => type === 'UNDO_SQL')
  return {
    database: (await one<{ database: string }>(session, databaseSql)).database,
    live: liveRows(rows),
    rank: rows.at(-1)?.rank ?? 0,
    undoneBy: undone.map(({ installedBy }) => installedBy),
    tables: await readTables(session),
  }
}

async function readTables(session: SqlSession): Promise<Readonly<Record<string, string>>> {
  const rows = await session.query<{ readonly name: string; readonly hash: string }>(tablesSql)
  return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]))
}

/** All tables as one text to compare. */
export function fingerprintOf(tables: Readonly<Record<string, string>>): string {
  return sha256Hex(JSON.stringify(Object.entries(tables).toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

/** What is different, in words: versions first, since they explain the tables. */
export function differenceTo(
  found: SchemaPosition,
  expected: { readonly live: string; readonly tables: Readonly<Record<string, string>> },
): string {
  const versions = (live: string): string => live.replaceAll(/:\S+/g, '').replaceAll(' ', ', ') || 'none'
  const live = identityOf(found.live)
  if (versions(live) !== versions(expected.live)) return `versions ${versions(live)} are applied instead of ${versions(expected.live)}`
  if (live !== expected.live) return `a migration of versions ${versions(live)} was applied from another script`
  const names = [...new Set([...Object.keys(found.tables), ...Object.keys(expected.tables)])]
  const changed = names.filter((name) => found.tables[name] !== expected.tables[name])
  return `${changed.length === 1 ? 'table' : 'tables'} ${changed.join(', ')} changed without a migration`
}

/** True when another session of this name is in the middle of a transaction: an attempt that the server still works for. */
export async function isAtWork(session: SqlSession, name: string): Promise<boolean> {
  const sql =
    'select count(*)::int as sessions from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid() and xact_start is not null'
  return (await one<{ sessions: number }>(session, sql, [name])).sessions > 0
}

/** Versions with their checksums, as one text to compare: `1:-1205442 2:88231`. */
export function identityOf(live: readonly HistoryRow[]): string {
  return live.map(({ version, checksum }) => `${version}:${checksum}`).join(' ')
}

function liveRows(rows: readonly HistoryRow[]): readonly HistoryRow[] {
  const live: HistoryRow[] = []
  for (const row of rows) {
    const undone = row.type === 'UNDO_SQL' ? live.findLastIndex(({ version }) => version === row.version) : -1
    if (undone >= 0) live.splice(undone, 1)
    else live.push(row)
  }
  return live
}

export async function one<Row extends JsonObject>(session: SqlSession, sql: string, values: readonly string[] = []): Promise<Row> {
  const [row] = await session.query<Row>(sql, values)
  if (row === undefined) throw new Error('the catalog answered nothing')
  return row
}
