import type { Position, StepContext } from '@backstep/core'
import {
  databaseLease,
  isBusy,
  readOnly,
  schemaFingerprint,
  serverIdentity,
  sessionName,
  sessionsNamed,
  type SqlSession,
} from '@backstep/postgres'
import { keptSchema } from './kept-data.ts'
import { type HistoryLook, type MigrationTool } from './migration-tool.ts'
import type { UndoReceipt, UndoSettings, UndoWork } from './undo-work.ts'

/** Where a database is: which one, what its history says, and what its schema is. */
export interface SchemaLook<L extends HistoryLook = HistoryLook> {
  readonly history: L
  readonly fingerprint: string
  readonly database: string
  readonly isInRecovery: boolean
}

/** The whole identity of a schema position, in the transaction that is open. */
export async function lookAt<O extends UndoSettings, L extends HistoryLook>(
  session: SqlSession,
  tool: MigrationTool<O, L>,
  options: Omit<O, 'to'>,
): Promise<SchemaLook<L>> {
  const all = options as O
  const identity = await serverIdentity(session)
  const history = await tool.look(session, all)
  const fingerprint = await schemaFingerprint(session, {
    schemas: [...new Set([all.schema, ...all.schemas])],
    exceptTables: tool.ownTables(all).map(([schema, table]) => `${schema}.${table}`),
  })
  return { history, fingerprint, database: databaseLease(identity), isInRecovery: identity.isInRecovery }
}

/**
 * The one comparison, for every read and inside both writes. The history grows or is written anew, so it is compared by what is applied. With a
 * receipt, a schema that somebody changed after the undo is `elsewhere`.
 */
export function positionOf<O extends UndoSettings, L extends HistoryLook>(
  found: SchemaLook<L>,
  { prepared, snapshot, mark, receipt }: UndoWork<O, L>,
): Position<UndoReceipt> {
  const { before, target } = prepared
  const { live, version, marks } = found.history
  if (found.database !== prepared.database) return { at: 'elsewhere', detail: `this is another database (${found.database})` }
  const isAsFound = live === before.live && found.fingerprint === before.fingerprint
  const reached = { version: target.version, fingerprint: found.fingerprint, keptIn: snapshot.kept.length > 0 ? keptSchema(mark) : '' }
  if (isAsFound) return before.live === target.live ? { at: 'after', receipt: reached } : { at: 'before' }
  const isOurs = live === target.live && marks.includes(mark)
  if (isOurs && (receipt === undefined || receipt.fingerprint === found.fingerprint)) return { at: 'after', receipt: reached }
  if (isOurs) return { at: 'elsewhere', detail: `version ${version} as it was left, and the schema was changed since` }
  if (live === before.live)
    return { at: 'elsewhere', detail: `version ${version} as it was found, and the schema was changed by hand since` }
  return { at: 'elsewhere', detail: `version ${version}, by somebody else` }
}

/** Where the database is now, seen in one read-only snapshot. An earlier attempt that the server still works for makes it `unknown`. */
export async function probeUndo<O extends UndoSettings, L extends HistoryLook>(
  work: UndoWork<O, L>,
  context: StepContext,
): Promise<Position<UndoReceipt>> {
  try {
    return await readOnly(work.client, context, { name: sessionName(work.mark, 'look') }, async (session) => {
      const earlier = (await sessionsNamed(session, writerName(work.mark))).filter(({ isInTransaction }) => isInTransaction)
      if (earlier.length > 0) return { at: 'unknown', detail: `an earlier attempt is still at work in session ${earlier[0]?.processId}` }
      return positionOf(await lookAt(session, work.tool, work.options), work)
    })
  } catch (error) {
    if (isBusy(error)) return { at: 'unknown', detail: 'the schema is being changed right now' }
    throw error
  }
}

/** Name of the sessions that write, so that a later attempt finds one that outlived its process. */
export const writerName = (mark: string): string => sessionName(mark, 'undo')
