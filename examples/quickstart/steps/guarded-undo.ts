import { type Position, RollbackError, type StepContext } from '@backstep/core'
import * as z from 'zod'
import { type DatabasePort, readOnly, type SqlSession, transaction } from './database-port.ts'
import { identityOf, isAtWork, one, readFingerprint, readPosition, type SchemaPosition } from './schema-position.ts'
import { type Loss, orphansOf, signature, type UndoStatements } from './undo-statements.ts'
import { countRows } from './undo-preview.ts'

export const preparedSchema = z.object({
  database: z.string(),
  /** Newest row of the history. Unlike the schema, it never comes back. */
  rank: z.int(),
  before: z.object({ live: z.string(), fingerprint: z.string() }),
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
  if (found.database !== prepared.database) return { at: 'elsewhere', detail: `this is another database (${found.database})` }
  if (live === prepared.before.live && found.fingerprint === prepared.before.fingerprint) return { at: 'before' }
  const isAsLeft = receipt === undefined || receipt.fingerprint === found.fingerprint
  if (live === prepared.target.live && found.undoneBy.includes(signature(mark)) && isAsLeft) {
    const rowsKept = await sumOf(
      session,
      snapshot.losses.map(({ keptIn }) => `select count(*)::int as rows from ${keptIn}`),
    )
    return { at: 'after', receipt: { version: prepared.target.version, fingerprint: found.fingerprint, rowsKept } }
  }
  return { at: 'elsewhere', detail: `versions ${live || 'none'}, catalog ${found.fingerprint.slice(0, 12)}` }
}

/** What could not be put back, for people. */
type NotRestored = readonly { readonly what: string; readonly why: string }[]
interface Moved {
  readonly receipt: Receipt
  readonly notRestored: NotRestored
}

/**
 * Undoes, or does again: locks the history, looks, sends the statements, looks again, commits. Nobody can come between, and an attempt
 * that got through before is found by its mark.
 */
export async function compareAndMove(work: UndoWork, context: StepContext, direction: 'undo' | 'redo'): Promise<Moved> {
  const [from, to] = direction === 'undo' ? (['before', 'after'] as const) : (['after', 'before'] as const)
  const { prepared, snapshot, options } = work
  return transaction(work.client, signature(work.mark), context, async (session) => {
    await lockHistory(session)
    const found = await readPosition(session)
    const position = await positionOf(found, work, session)
    if (position.at === to) return ended(position, work, session)
    if (position.at !== from) throw drifted('detail' in position ? position.detail : position.at)
    if (direction === 'undo' && found.rank !== prepared.rank) throw drifted('the history has newer rows')
    if (direction === 'undo') {
      await session.query(`lock table ${snapshot.tables.join(', ')} in access exclusive mode`)
      await countRows(session, snapshot.losses, options.rowsAtMost)
    }
    for (const { text, values } of direction === 'undo' ? snapshot.forward : snapshot.back) await session.query(text, values)
    const reached = await positionOf(await readPosition(session), { ...work, receipt: undefined }, session)
    if (reached.at !== to) throw drifted(`the ${direction} would end with ${'detail' in reached ? reached.detail : reached.at}`)
    return ended(reached, work, session)
  })
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

async function ended(position: Position<Receipt>, { prepared, snapshot }: UndoWork, session: SqlSession): Promise<Moved> {
  if (position.at === 'after') return { receipt: position.receipt, notRestored: [] }
  const receipt = { version: prepared.target.version, fingerprint: await readFingerprint(session), rowsKept: 0 }
  return { receipt, notRestored: await orphans(session, snapshot.losses) }
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
