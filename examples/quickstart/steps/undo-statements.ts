import { type JsonObject, RollbackError } from '@backstep/core'
import * as z from 'zod'
import type { SqlSession } from './database-port.ts'
import type { HistoryRow } from './schema-position.ts'
import { type Drop, readUndoScript } from './undo-script.ts'

const statementSchema = z.object({ text: z.string(), values: z.array(z.union([z.string(), z.number(), z.null()])) })
/** Rows that the way back would take away, and the table that keeps them. */
const lossSchema = z.object({
  /** `vouchers`, or `orders.discount_code`. */
  name: z.string(),
  table: z.string(),
  keptIn: z.string(),
  count: z.string(),
  isColumn: z.boolean(),
  /** Primary key of the table; needed for a column only. */
  key: z.array(z.string()),
})
/** All statements of both directions, as they will be sent: what is approved is what runs. */
export const undoStatementsSchema = z.object({
  /** Every table that is touched: locked first, so that no row comes in between counting and dropping. */
  tables: z.array(z.string()),
  losses: z.array(lossSchema),
  forward: z.array(statementSchema),
  back: z.array(statementSchema),
})
type Statement = z.infer<typeof statementSchema>
export type Loss = z.infer<typeof lossSchema>
export type UndoStatements = z.infer<typeof undoStatementsSchema>

/** A migration with both of its scripts. */
export interface Migration {
  readonly row: HistoryRow
  readonly sql: string
  readonly undoScript: string
  readonly undoSql: string
}
const salvageSchema = 'backstep_salvage'
const plain = (text: string): Statement => ({ text, values: [] })

/** `migrations`: newest first. The mark names the tables that keep rows, and signs the rows of the history. */
export async function undoStatements(session: SqlSession, migrations: readonly Migration[], mark: string): Promise<UndoStatements> {
  const drops = migrations.flatMap(({ undoScript, undoSql }) => readUndoScript(undoScript, undoSql))
  const losses = await lossesOf(session, drops, mark)
  return {
    tables: [...new Set(drops.map(({ table }) => `public.${table}`))].toSorted(),
    losses,
    forward: [
      plain(`create schema if not exists ${salvageSchema}`),
      ...losses.map(keep),
      ...migrations.flatMap(({ row, undoScript, undoSql }) => [
        plain(undoSql),
        historyRow({ ...row, script: undoScript }, 'UNDO_SQL', mark),
      ]),
    ],
    back: [
      ...migrations.toReversed().flatMap(({ row, sql }) => [plain(sql), historyRow(row, 'SQL', mark)]),
      // Tables come first: restored columns may refer to their rows.
      ...losses.filter(({ isColumn }) => !isColumn).flatMap(restoreTable),
      ...losses.filter(({ isColumn }) => isColumn).map(restoreColumn),
    ],
  }
}

async function lossesOf(session: SqlSession, drops: readonly Drop[], mark: string): Promise<Loss[]> {
  const ending = mark
    .replaceAll(/[^a-z0-9]/gi, '')
    .slice(-12)
    .toLowerCase()
  const keptIn = (name: string): string => `${salvageSchema}.${name.slice(0, 50)}_${ending}`
  const droppedTables = new Set(drops.filter(({ what }) => what === 'table').map(({ table }) => table))
  const losses: Loss[] = []
  for (const drop of drops) {
    const { table } = drop
    if (drop.what === 'table') {
      losses.push({
        name: table,
        table,
        keptIn: keptIn(table),
        count: `select count(*)::int as rows from public.${table}`,
        isColumn: false,
        key: [],
      })
    }
    if (drop.what === 'column' && !droppedTables.has(table)) {
      const { column } = drop
      const count = `select count(${column})::int as rows from public.${table}`
      losses.push({
        name: `${table}.${column}`,
        table,
        keptIn: keptIn(`${table}_${column}`),
        count,
        isColumn: true,
        key: await keyOf(session, table),
      })
    }
  }
  return losses
}

async function keyOf(session: SqlSession, table: string): Promise<string[]> {
  const sql = `select a.attname::text as name from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    where i.indrelid = $1::regclass and i.indisprimary order by array_position(i.indkey::int[], a.attnum::int)`
  const rows = await session.query<JsonObject & { readonly name: string }>(sql, [`public.${table}`])
  if (rows.length > 0) return rows.map(({ name }) => name)
  throw new RollbackError('NOT_SUPPORTED', `${table} has no primary key, so values of a dropped column could not be put back`, {
    hint: 'Add a primary key, or undo this migration by hand.',
  })
}

const columnOf = ({ name }: Loss): string => name.slice(name.indexOf('.') + 1)

function keep(loss: Loss): Statement {
  const { table, keptIn, isColumn, key } = loss
  if (!isColumn) return plain(`create table ${keptIn} as select * from public.${table}`)
  const column = columnOf(loss)
  return plain(`create table ${keptIn} as select ${[...key, column].join(', ')} from public.${table} where ${column} is not null`)
}

/** The table was made again a moment ago in the same transaction: what is in it came from the script, and the kept rows replace it. */
function restoreTable({ table, keptIn }: Loss): readonly Statement[] {
  return [plain(`delete from public.${table}`), plain(`insert into public.${table} select * from ${keptIn}`)]
}

function restoreColumn(loss: Loss): Statement {
  const { table, keptIn, key } = loss
  const column = columnOf(loss)
  return plain(`update public.${table} t set ${column} = s.${column} from ${keptIn} s where ${sameKey(key)}`)
}

const sameKey = (key: readonly string[]): string => key.map((name) => `t.${name} = s.${name}`).join(' and ')

/** Counts kept values whose row is gone, so that they have nowhere to go back to. */
export function orphansOf({ table, keptIn, key }: Loss): string {
  return `select count(*)::int as rows from ${keptIn} s where not exists (select from public.${table} t where ${sameKey(key)})`
}

function historyRow({ version, description, script, checksum }: HistoryRow, type: 'SQL' | 'UNDO_SQL', mark: string): Statement {
  return {
    text: `insert into schema_history (installed_rank, version, description, type, script, checksum, installed_by, success)
      select max(installed_rank) + 1, $1, $2, $3, $4, $5, $6, true from schema_history`,
    values: [version, description, type, script, type === 'SQL' ? checksum : null, signature(mark)],
  }
}

/** How a row of the history says that it is ours. */
export function signature(mark: string): string {
  return `backstep ${mark}`
}
