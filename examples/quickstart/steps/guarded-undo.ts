import { type Position, RollbackError, type StepContext } from '@backstep/core'
import * as z from 'zod'
import { type DatabasePort, readOnly, type SqlSession, transaction } from './database-port.ts'
import { differenceTo, fingerprintOf, identityOf, isAtWork, one, readPosition, type SchemaPosition } from './schema-position.ts'
import { type Loss, orphansOf, signature, type UndoStatements } from './undo-statements.ts'
import { countRows } from './undo-preview.ts'

export const preparedSchema = z.object({
  database: z.string(),
  /** Newest row of the history. Unlike the schema, it never comes back. */
  rank: z.int(),
  before: z.object({ live: z.string(), tables: z.record(z.string(), z.string()) }),
  target: z.object({ live: z.string(), version: z.int() }),
})
export const receiptSchema = z.object({ version: z.int(), fingerprint: z.string(), rowsKept: z.int() })
type Receipt = z.infer<typeof receiptSchema>

interface UndoWork {
  readonly prepared: z.infer<typeof preparedSchema>
  readonly snapshot: UndoStatements
  readonly mark: string
  readonly receipt: Receipt | undefined
  readonly options: { readonly rowsAtMost: number }
  readonly client: DatabasePort
}

/** Where the schema is now, seen in one read-only snapshot. */
export async function lookAgain(work: UndoWork, context: StepContext): Promise<Position<Receipt>> {
  return readOnly(work.client, 'backstep probe', context, async (session) => {
    if (await isAtWork(session, signature(work.mark)))
      return { at: 'unknown', detail: 'an earlier attempt is still at work in the database' }
    return positionOf(await readPosition(session), work, session)
  })
}

/** The one comparison, for the reads and inside both writes. With a receipt, a schema that was changed after our undo is `elsewhere`. */
async function positionOf(
  found: SchemaPosition,
  { prepared, snapshot, mark, receipt }: UndoWork,
  session: SqlSession,
): Promise<Position<Receipt>> {
  const live = identityOf(found.live)
  const fingerprint = fingerprintOf(found.tables)
  const { before, target } = prepared
  if (found.database !== prepared.database) return { at: 'elsewhere', detail: `this is another database (${found.database})` }
  const isAsFound = live === before.live && fingerprint === fingerprintOf(before.tables)
  if (isAsFound && before.live !== target.live) return { at: 'before' }
  if (isAsFound) return { at: 'after', receipt: { version: target.version, fingerprint, rowsKept: 0 } } // there was nothing to undo
  const isOurs = live === target.live && found.undoneBy.includes(signature(mark))
  if (isOurs && (receipt === undefined || receipt.fingerprint === fingerprint)) {
    const rowsKept = await sumOf(
      session,
      snapshot.losses.map(({ keptIn }) => `select count(*)::int as rows from ${keptIn}`),
    )
    return { at: 'after', receipt: { version: target.version, fingerprint, rowsKept } }
  }
  return { at: 'elsewhere', detail: isOurs ? 'tables were changed after the undo' : differenceTo(found, before) }
}

/** Takes the schema back. An attempt that got through before is found by its mark, and nothing is done again. */
export async function undo(work: UndoWork, context: StepContext): Promise<Receipt> {
  return move(work, context, 'undo', async (reached) => {
    if (reached.at === 'after') return reached.receipt
    throw drifted(`the undo would end ${reached.at}`)
  })
}

/** Brings the newer schema and the kept rows back. Answers what could not be put back. */
export async function redo(work: UndoWork, context: StepContext): Promise<NotRestored> {
  return move(work, context, 'redo', (_, session) => orphans(session, work.snapshot.losses))
}

type NotRestored = readonly { readonly what: string; readonly why: string }[]
type End<T> = (reached: Position<Receipt>, session: SqlSession) => Promise<T>

/** Locks the history, looks, sends the statements, looks again, commits: nobody can come between, and what ends wrong is taken back. */
async function move<T>(work: UndoWork, context: StepContext, direction: 'undo' | 'redo', end: End<T>): Promise<T> {
  const [from, to] = direction === 'undo' ? (['before', 'after'] as const) : (['after', 'before'] as const)
  return transaction(work.client, signature(work.mark), context, async (session) => {
    await lockHistory(session)
    const found = await readPosition(session)
    const position = await positionOf(found, work, session)
    if (position.at === to) return end(position, session)
    if (position.at !== from) throw drifted(reasonOf(position))
    if (direction === 'undo') await lockTables(session, work, found)
    for (const { text, values } of direction === 'undo' ? work.snapshot.forward : work.snapshot.back) await session.query(text, values)
    const reached = await positionOf(await readPosition(session), { ...work, receipt: undefined }, session)
    if (reached.at !== to) throw drifted(`the ${direction} would not end where it should: ${reasonOf(reached)}`)
    return end(reached, session)
  })
}

/** The history only grows: newer rows say that the schema went away and came back since it was prepared. Rows are counted under the lock. */
async function lockTables(session: SqlSession, { prepared, snapshot, options }: UndoWork, found: SchemaPosition): Promise<void> {
  if (found.rank !== prepared.rank) throw drifted('the history has newer rows')
  await session.query(`lock table ${snapshot.tables.join(', ')} in access exclusive mode`)
  await countRows(session, snapshot.losses, options.rowsAtMost)
}

function reasonOf(position: Position<Receipt>): string {
  return 'detail' in position ? position.detail : position.at
}

async function lockHistory(session: SqlSession): Promise<void> {
  const { isOurs } = await one<{ isOurs: boolean }>(
    session,
    `select pg_try_advisory_xact_lock(hashtextextended('schema_history', 0)) as "isOurs"`,
  )
  if (!isOurs)
    throw new RollbackError('LEASE_HELD', 'A migration or another undo is at work on this schema', {
      hint: 'It is tried again until that has ended.',
    })
  await session.query('lock table schema_history in share row exclusive mode')
}

async function orphans(session: SqlSession, losses: readonly Loss[]): Promise<NotRestored> {
  const found: { what: string; why: string }[] = []
  for (const loss of losses.filter(({ isColumn }) => isColumn)) {
    const { isKept } = await one<{ isKept: boolean }>(session, `select to_regclass($1) is not null as "isKept"`, [loss.keptIn])
    if (!isKept) continue
    const rows = await sumOf(session, [orphansOf(loss)])
    if (rows > 0) found.push({ what: `${rows} values of ${loss.name}`, why: `their rows are gone; the values stay in ${loss.keptIn}` })
  }
  return found
}

async function sumOf(session: SqlSession, counts: readonly string[]): Promise<number> {
  let sum = 0
  for (const count of counts) sum += (await one<{ rows: number }>(session, count)).rows
  return sum
}

function drifted(detail: string): RollbackError {
  return new RollbackError('DRIFTED', `The schema is not as it was prepared: ${detail}`, {
    hint: 'Find out who changed it, then preview again.',
  })
}
