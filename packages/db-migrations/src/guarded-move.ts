import { RollbackError, type StepContext } from '@backstep/core'
import { transaction, type SqlSession } from '@backstep/postgres'
import { countRows, type KeptData } from './kept-data.ts'
import { notRestoredQuery } from './keep-statements.ts'
import type { HistoryLook, SqlStatement } from './migration-tool.ts'
import { lookAt, positionOf, writerName } from './undo-position.ts'
import type { UndoReceipt, UndoSettings, UndoWork } from './undo-work.ts'

export type NotRestored = readonly { readonly what: string; readonly why: string }[]

/** Takes the schema back. What an earlier attempt has done is found by its mark, and nothing is done again. */
export async function undo<O extends UndoSettings, L extends HistoryLook>(
  work: UndoWork<O, L>,
  context: StepContext,
): Promise<UndoReceipt> {
  return move(work, context, async (session) => {
    const found = await lookAt(session, work.tool, work.options)
    const position = positionOf(found, work)
    if (position.at === 'after') return position.receipt
    if (position.at !== 'before') throw drifted(position.detail)
    if (found.history.generation !== work.prepared.generation)
      throw drifted('the history was written since, and came back to the same versions')
    await lockTables(session, work)
    await send(session, work.snapshot.forward)
    const reached = positionOf(await lookAt(session, work.tool, work.options), { ...work, receipt: undefined })
    if (reached.at === 'after') return reached.receipt
    throw drifted(`the undo would end somewhere else: ${'detail' in reached ? reached.detail : reached.at}`)
  })
}

/** Brings the newer schema and the kept rows back. */
export async function redo<O extends UndoSettings, L extends HistoryLook>(
  work: UndoWork<O, L>,
  context: StepContext,
): Promise<NotRestored> {
  return move(work, context, async (session) => {
    const position = positionOf(await lookAt(session, work.tool, work.options), work)
    if (position.at === 'before') return []
    if (position.at !== 'after') throw drifted(position.detail)
    await send(session, work.snapshot.back)
    const found = await lookAt(session, work.tool, work.options)
    const reached = positionOf(found, { ...work, receipt: undefined })
    if (reached.at === 'before') return missing(session, work.snapshot.kept)
    throw new RollbackError('COMPENSATION_FAILED', 'The forward scripts do not lead back to the schema that was found', {
      hint: `Compare the schema with version ${work.prepared.before.version}: it held something that no migration makes. Nothing was changed.`,
      effect: 'none',
    })
  })
}

async function move<O extends UndoSettings, L extends HistoryLook, Result>(
  { tool, options, client, mark }: UndoWork<O, L>,
  context: StepContext,
  inside: (session: SqlSession) => Promise<Result>,
): Promise<Result> {
  const { lockTimeoutMs, statementTimeoutMs } = options as O
  return transaction(client, context, { name: writerName(mark), lockTimeoutMs, statementTimeoutMs }, async (session) => {
    await tool.lock(session, options as O)
    return inside(session)
  })
}

/** Nobody writes between counting and dropping. */
async function lockTables<O extends UndoSettings, L extends HistoryLook>(session: SqlSession, { snapshot }: UndoWork<O, L>): Promise<void> {
  const { kept, rowsAtMost } = snapshot
  if (kept.length === 0) return
  await session.query(`lock table ${[...new Set(kept.map(({ table }) => table))].toSorted().join(', ')} in access exclusive mode`)
  const rows = await countRows(session, kept)
  const index = rows.findIndex((count, at) => count > (rowsAtMost[at] ?? 0))
  if (index < 0) return
  throw drifted(`${kept[index]?.label} has ${rows[index]} rows, and at most ${rowsAtMost[index]} were approved`)
}

async function send(session: SqlSession, statements: readonly SqlStatement[]): Promise<void> {
  for (const { text, values } of statements) await session.query(text, values)
}

async function missing(session: SqlSession, kept: readonly KeptData[]): Promise<NotRestored> {
  const found: { what: string; why: string }[] = []
  for (const [index, data] of kept.entries()) {
    const query = notRestoredQuery(data, index)
    if (query === undefined) continue
    const [answer] = await session.query<{ readonly rows: string }>(query.sql)
    const rows = Number(answer?.rows ?? 0)
    if (rows > 0) found.push({ what: `${rows} of ${data.label}`, why: `${query.why}; they stay in ${data.keptIn}` })
  }
  return found
}

function drifted(detail: string): RollbackError {
  return new RollbackError('DRIFTED', `The database is not as it was prepared: ${detail}`, {
    hint: 'Find out who changed it, then preview again.',
  })
}
