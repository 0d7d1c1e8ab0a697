import type { StepContext } from '@backstep/core'
import { identifier, literal, readOnly, sessionName, type SqlClient, type SqlSession } from '@backstep/postgres'

/** What a database holds, in texts that can be compared; by the name of the object. */
export interface DatabaseContent {
  /** `rows` and a sum over the rows that does not depend on their order. */
  readonly tables: Readonly<Record<string, { readonly rows: string; readonly sum: string }>>
  readonly sequences: Readonly<Record<string, string>>
  readonly owners: Readonly<Record<string, string>>
  readonly extensions: Readonly<Record<string, string>>
  /** Encoding, collation, character type. */
  readonly shape: Readonly<Record<string, string>>
}

/** One difference between two databases. */
export type ContentDifference = { readonly what: string; readonly one: string; readonly other: string }

interface NamedValue {
  readonly [key: string]: string
  readonly kind: string
  readonly name: string
  readonly value: string
}

const user = `n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_toast%' and n.nspname not like 'pg_temp%'`

const catalogQuery = `
  select case c.relkind when 'r' then 'table' when 'S' then 'sequence' else 'other' end as kind, n.nspname || '.' || c.relname as name,
      pg_get_userbyid(c.relowner)::text as value from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'S', 'v', 'm', 'f') and ${user}
  union all select 'extension', extname::text, extversion from pg_extension
  union all select 'shape', key, value from pg_database d, lateral (values ('encoding', pg_encoding_to_char(d.encoding)::text),
      ('collate', d.datcollate::text), ('ctype', d.datctype::text)) v(key, value) where d.datname = current_database()
  order by 1, 2`

const tablesAtOnce = 50

/**
 * Reads everything that can be compared, in one consistent look. Every row of every table is read: it takes about as long as a dump. Floating
 * point, dates and bytes are written in one fixed way, so that settings of a database make no difference.
 */
export function contentOf(client: SqlClient, database: string, statementTimeoutMs: number, context: StepContext): Promise<DatabaseContent> {
  return readOnly(client, context, { name: sessionName('compare', database), database, statementTimeoutMs }, async (session) => {
    await session.query(
      `select set_config('extra_float_digits', '3', true), set_config('datestyle', 'ISO', true), set_config('intervalstyle', 'iso_8601', true),
         set_config('bytea_output', 'hex', true), set_config('timezone', 'UTC', true), set_config('search_path', 'pg_catalog', true)`,
    )
    const catalog = await session.query<NamedValue>(catalogQuery)
    const named = (kind: string): readonly NamedValue[] => catalog.filter((row) => row.kind === kind)
    return {
      tables: await sumsOf(session, named('table')),
      sequences: record(await sequencesOf(session, named('sequence'))),
      owners: record(catalog.filter(({ kind }) => kind !== 'extension' && kind !== 'shape')),
      extensions: record(named('extension')),
      shape: record(named('shape')),
    }
  })
}

async function sumsOf(session: SqlSession, tables: readonly NamedValue[]): Promise<DatabaseContent['tables']> {
  const sums: Record<string, { rows: string; sum: string }> = {}
  for (let from = 0; from < tables.length; from += tablesAtOnce) {
    const parts = tables.slice(from, from + tablesAtOnce).map(({ name }) => {
      return `select ${literal(name)} as name, count(*)::text as rows, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text as sum from only ${quoted(name)} t`
    })
    for (const row of await session.query<{ name: string; rows: string; sum: string }>(parts.join(' union all '))) {
      sums[row.name] = { rows: row.rows, sum: row.sum }
    }
  }
  return sums
}

async function sequencesOf(session: SqlSession, sequences: readonly NamedValue[]): Promise<readonly NamedValue[]> {
  if (sequences.length === 0) return []
  const parts = sequences.map(
    ({ name }) =>
      `select 'sequence' as kind, ${literal(name)} as name, last_value::text || case when is_called then '' else ' next' end as value from ${quoted(name)}`,
  )
  return session.query<NamedValue>(parts.join(' union all '))
}

/** Every difference, sorted; of tables their rows first. */
export function differencesOf(one: DatabaseContent, other: DatabaseContent): readonly ContentDifference[] {
  const tables = (content: DatabaseContent): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(content.tables).map(([name, { rows, sum }]) => [name, `${rows} rows, sum ${sum}`]))
  const kinds = ['sequences', 'owners', 'extensions', 'shape'] as const
  const singular = { sequences: 'sequence', owners: 'owner of', extensions: 'extension', shape: 'database' }
  return [...pairs('table', tables(one), tables(other)), ...kinds.flatMap((kind) => pairs(singular[kind], one[kind], other[kind]))]
}

function pairs(what: string, one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): readonly ContentDifference[] {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].toSorted()
  return names
    .map((name) => ({ what: `${what} ${name}`, one: one[name] ?? 'not there', other: other[name] ?? 'not there' }))
    .filter((pair) => pair.one !== pair.other)
}

/** Names of the catalog as the query joined them: schema, dot, name. A dot in a schema's name is not told apart. */
function quoted(name: string): string {
  const at = name.indexOf('.')
  return identifier(name.slice(0, at), name.slice(at + 1))
}

function record(rows: readonly NamedValue[]): Readonly<Record<string, string>> {
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}
