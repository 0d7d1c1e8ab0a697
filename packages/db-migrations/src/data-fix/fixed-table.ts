import { RollbackError, type JsonObject } from '@backstep/core'
import { identifier, type SqlSession } from '@backstep/postgres'
import { keptSchema } from '../kept-data.ts'
import type { ObjectName } from '../statement-effects.ts'

/** A table that a fix writes to. */
export type FixedTable = {
  /** `"public"."orders"` */
  readonly table: string
  readonly label: string
  readonly key: readonly string[]
  /** Every column that can be written. */
  readonly columns: readonly string[]
}

type Facts = JsonObject & {
  readonly schema: string
  readonly name: string
  readonly key: readonly string[]
  readonly columns: readonly string[]
}

/** @throws RollbackError `TARGET_NOT_FOUND` for a table that is not there, `NOT_SUPPORTED` for one without a primary key. */
export async function fixedTables(session: SqlSession, tables: readonly Required<ObjectName>[]): Promise<readonly FixedTable[]> {
  const facts = await session.query<Facts>(factsQuery, [JSON.stringify(tables)])
  return tables.map(({ schema, name }) => {
    const found = facts.find((one) => one.schema === schema && one.name === name)
    const label = `${schema}.${name}`
    if (found === undefined)
      throw new RollbackError('TARGET_NOT_FOUND', `There is no table ${label}`, { hint: 'Check the name, and "schema".' })
    if (found.key.length === 0) {
      throw new RollbackError('NOT_SUPPORTED', `${label} has no primary key, so its rows could not be put back`, {
        hint: 'Add one, or fix the data by hand.',
      })
    }
    return { table: identifier(schema, name), label, key: found.key, columns: found.columns }
  })
}

const named = (mark: string, { label }: FixedTable, what: string): string => identifier(keptSchema(mark), `${label.slice(0, 48)} ${what}`)
const keyEqual = ({ key }: FixedTable, left: string, right: string): string =>
  key.map((column) => `${left}.${identifier(column)} = ${right}.${identifier(column)}`).join(' and ')

export function copyBefore(table: FixedTable, mark: string): string {
  return `create table ${named(mark, table, 'before')} as table ${table.table}`
}

/** Leaves in both copies only the rows that differ: what was changed, removed and added. */
export function copyAfter(table: FixedTable, mark: string): readonly string[] {
  const [before, after, same] = [named(mark, table, 'before'), named(mark, table, 'after'), named(mark, table, 'same')]
  return [
    `create table ${after} as table ${table.table}`,
    `create table ${same} as select b.* from ${before} b join ${after} a on ${keyEqual(table, 'a', 'b')} where a::text = b::text`,
    `delete from ${before} b using ${same} s where ${keyEqual(table, 'b', 's')}`,
    `delete from ${after} a using ${same} s where ${keyEqual(table, 'a', 's')}`,
    `drop table ${same}`,
  ]
}

/** Puts back every row that is still as the fix has left it. */
export function putBack(table: FixedTable, mark: string): readonly string[] {
  const [before, after] = [named(mark, table, 'before'), named(mark, table, 'after')]
  const columns = table.columns.map((column) => identifier(column)).join(', ')
  const values = table.columns.map((column) => `${identifier(column)} = b.${identifier(column)}`).join(', ')
  const added = `not exists (select from ${before} b where ${keyEqual(table, 'b', 'a')})`
  return [
    `delete from ${table.table} t using ${after} a where ${keyEqual(table, 't', 'a')} and t::text = a::text and ${added}`,
    `update ${table.table} t set ${values} from ${before} b join ${after} a on ${keyEqual(table, 'a', 'b')} where ${keyEqual(table, 't', 'b')} and t::text = a::text`,
    `insert into ${table.table} (${columns}) overriding system value select ${columns} from ${before} b
      where not exists (select from ${after} a where ${keyEqual(table, 'a', 'b')}) and not exists (select from ${table.table} t where ${keyEqual(table, 't', 'b')})`,
  ]
}

/** Counts rows that could not be put back. One row with one number. */
export function notPutBack(table: FixedTable, mark: string): string {
  const [before, after] = [named(mark, table, 'before'), named(mark, table, 'after')]
  return `select ((select count(*) from ${before} b where not exists (select from ${table.table} t where ${keyEqual(table, 't', 'b')} and t::text = b::text))
    + (select count(*) from ${after} a where not exists (select from ${before} b where ${keyEqual(table, 'b', 'a')})
      and exists (select from ${table.table} t where ${keyEqual(table, 't', 'a')})))::text as rows`
}

const factsQuery = `
  select t.schema, t.name,
    (select coalesce(json_agg(a.attname), '[]') from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
      where i.indrelid = c.oid and i.indisprimary) as key,
    (select json_agg(a.attname order by a.attnum) from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
  from json_to_recordset($1) as t (schema text, name text)
  join pg_namespace n on n.nspname = t.schema
  join pg_class c on c.relname = t.name and c.relnamespace = n.oid and c.relkind in ('r', 'p')`
