import { type Position, type Preparation, type PrepareContext, RollbackError, sha256Hex, type StepContext } from '@backstep/core'
import {
  databaseLease,
  identifier,
  isBusy,
  literal,
  readOnly,
  serverIdentity,
  sessionName,
  sessionsNamed,
  type SqlSession,
  transaction,
} from '@backstep/postgres'
import * as z from 'zod'
import { keptSchema } from '../kept-data.ts'
import type { MigrationClient } from '../client.ts'
import type { DataFixOptions, RowCheck } from './fix-data.ts'
import { copyAfter, copyBefore, type FixedTable, fixedTables, notPutBack, putBack } from './fixed-table.ts'
import { readFix } from './read-fix.ts'

export type FixReceipt = { readonly rows: number; readonly keptIn: string }
export const fixReceiptSchema: z.ZodType<FixReceipt> = z.object({ rows: z.number(), keptIn: z.string() })

/** `isThere`: the checks for afterwards held already, so there is nothing to fix. */
type FixPrepared = { readonly database: string; readonly isThere: boolean; readonly tables: readonly FixedTable[] }
export const fixPreparedSchema: z.ZodType<FixPrepared> = z.object({
  database: z.string(),
  isThere: z.boolean(),
  tables: z.array(z.object({ table: z.string(), label: z.string(), key: z.array(z.string()), columns: z.array(z.string()) })),
})

type Settings = DataFixOptions & { readonly schema: string; readonly lockTimeoutMs: number; readonly statementTimeoutMs: number }
interface Work {
  readonly options: Settings
  readonly client: MigrationClient
  readonly prepared: FixPrepared
  readonly mark: string
}

export async function prepareFix(
  { options, client }: Pick<Work, 'options' | 'client'>,
  context: PrepareContext,
): Promise<Preparation<FixPrepared, 'reversible', never>> {
  const { name, sql, schema, before, rows } = options
  const fix = await readFix(sql, schema)
  if (fix.statements.length !== rows.length) {
    throw new RollbackError('OPTIONS_INVALID', `The fix has ${fix.statements.length} statements, and "rows" has ${rows.length} numbers`, {
      hint: 'Say for each statement how many rows it changes.',
    })
  }
  return readOnly(client, context, { name: sessionName(context.mark, 'prepare') }, async (session) => {
    const database = databaseLease(await serverIdentity(session))
    await setSearchPath(session, schema)
    const off = await firstOff(session, before)
    const isThere = off !== undefined && (await firstOff(session, options.after)) === undefined
    if (off !== undefined && !isThere)
      throw new RollbackError('PRECONDITION_FAILED', `The fix does not fit: ${off}`, { hint: 'Look at the rows, and correct the fix.' })
    const tables = await fixedTables(session, fix.tables)
    const changed = rows.reduce((sum, count) => sum + count, 0)
    const keptIn = keptSchema(context.mark)
    return {
      prepared: { database, isThere, tables },
      summary: `Fix data: ${name} (${changed} rows of ${tables.map(({ label }) => label).join(', ')})`,
      changes: (isThere ? [] : tables).map(({ label }) => ({
        resource: `${database}/${label}`,
        action: 'update' as const,
        after: `fixed by ${sha256Hex(sql).slice(0, 16)}`,
        dataLoss: { what: `former rows of ${label}`, rows: changed, rowsAtMost: changed, keptIn },
      })),
      guards: (isThere ? options.after : before).map((check) => ({
        resource: database,
        property: check.sql,
        equals: String(check.equals),
      })),
      leases: [database],
      risk: isThere ? [] : ['reversible'],
    }
  })
}

/** By the schema that keeps the former rows, whose comment says whether they were put back; and by the checks. */
async function positionOf(session: SqlSession, { options, prepared, mark }: Work): Promise<Position<FixReceipt>> {
  const database = databaseLease(await serverIdentity(session))
  if (database !== prepared.database) return { at: 'elsewhere', detail: `this is another database (${database})` }
  await setSearchPath(session, options.schema)
  const [kept] = await session.query<{ readonly comment: string | null }>(
    `select obj_description(oid, 'pg_namespace') as comment from pg_namespace where nspname = $1`,
    [keptSchema(mark)],
  )
  const isDone = prepared.isThere || kept?.comment === done(mark)
  const off = await firstOff(session, isDone ? options.after : options.before)
  if (off !== undefined) return { at: 'elsewhere', detail: off }
  return isDone ? { at: 'after', receipt: receiptOf(options, mark) } : { at: 'before' }
}

export async function probeFix(work: Work, context: StepContext): Promise<Position<FixReceipt>> {
  try {
    return await readOnly(work.client, context, { name: sessionName(work.mark, 'look') }, async (session) => {
      const earlier = (await sessionsNamed(session, sessionName(work.mark, 'fix'))).some(({ isInTransaction }) => isInTransaction)
      return earlier ? { at: 'unknown', detail: 'an earlier attempt is still at work in the database' } : positionOf(session, work)
    })
  } catch (error) {
    if (isBusy(error)) return { at: 'unknown', detail: 'a table is being changed right now' }
    throw error
  }
}

export async function fixRows(work: Work, context: StepContext): Promise<FixReceipt> {
  const { options, prepared, mark } = work
  const { statements } = await readFix(options.sql, options.schema)
  return move(work, context, async (session) => {
    const position = await positionOf(session, work)
    if (position.at === 'after') return position.receipt
    if (position.at !== 'before') throw drifted(position.detail)
    const schema = identifier(keptSchema(mark))
    await session.query(`create schema ${schema}`)
    await session.query(`comment on schema ${schema} is ${literal(done(mark))}`)
    for (const table of prepared.tables) await session.query(copyBefore(table, mark))
    for (const [index, { text, line }] of statements.entries()) {
      const [answer] = await session.apply(text)
      if (answer?.rowCount !== options.rows[index]) {
        throw drifted(`the statement in line ${line} changes ${answer?.rowCount ?? 0} rows, and ${options.rows[index]} are expected`)
      }
    }
    for (const table of prepared.tables) for (const text of copyAfter(table, mark)) await session.query(text)
    const off = await firstOff(session, options.after)
    if (off !== undefined) throw drifted(`afterwards, ${off}`)
    return receiptOf(options, mark)
  })
}

export async function putFixBack(work: Work, context: StepContext): Promise<readonly { readonly what: string; readonly why: string }[]> {
  const { prepared, mark } = work
  return move(work, context, async (session) => {
    const position = await positionOf(session, work)
    if (position.at === 'before') return []
    if (position.at !== 'after') throw drifted(position.detail)
    const found: { what: string; why: string }[] = []
    for (const table of prepared.tables) {
      for (const text of putBack(table, mark)) await session.query(text)
      const [missing] = await session.query<{ readonly rows: string }>(notPutBack(table, mark))
      if (Number(missing?.rows) > 0) {
        found.push({
          what: `${missing?.rows} rows of ${table.label}`,
          why: `they were changed meanwhile; their former values stay in ${keptSchema(mark)}`,
        })
      }
    }
    await session.query(`comment on schema ${identifier(keptSchema(mark))} is ${literal(`backstep ${mark}: put back`)}`)
    return found
  })
}

async function move<Result>(
  { options, client, prepared, mark }: Work,
  context: StepContext,
  inside: (session: SqlSession) => Promise<Result>,
): Promise<Result> {
  const { lockTimeoutMs, statementTimeoutMs } = options
  return transaction(client, context, { name: sessionName(mark, 'fix'), lockTimeoutMs, statementTimeoutMs }, async (session) => {
    await session.query(
      `lock table ${prepared.tables
        .map(({ table }) => table)
        .toSorted()
        .join(', ')} in share row exclusive mode`,
    )
    return inside(session)
  })
}

/** Says which check does not hold, and what it found. */
async function firstOff(session: SqlSession, checks: readonly RowCheck[]): Promise<string | undefined> {
  for (const { sql, equals } of checks) {
    const [row = {}] = await session.query(sql)
    const [found] = Object.values(row)
    if (Number(found) !== equals) return `"${sql}" gives ${JSON.stringify(found)}, and ${equals} is expected`
  }
  return undefined
}

async function setSearchPath(session: SqlSession, schema: string): Promise<void> {
  await session.query(`select set_config('search_path', quote_ident($1) || ', ' || current_setting('search_path'), true)`, [schema])
}

const done = (mark: string): string => `backstep ${mark}: former rows of a fix`
const receiptOf = ({ rows }: Settings, mark: string): FixReceipt => ({
  rows: rows.reduce((sum, count) => sum + count, 0),
  keptIn: keptSchema(mark),
})

function drifted(detail: string): RollbackError {
  return new RollbackError('DRIFTED', `The data is not as it was prepared: ${detail}`, {
    hint: 'Look at the rows, then preview again. Nothing was changed.',
  })
}
