import { RollbackError } from '@backstep/core'
import { limits } from './read-only.ts'
import type { SqlClient, SqlContext, SqlSession } from './sql-client.ts'
import { sqlStateOf, withEffect } from './sql-errors.ts'

export interface TransactionOptions {
  /** `application_name`; made by `sessionName`, so that a later attempt finds a session that the server still works for. */
  readonly name: string
  readonly database?: string | undefined
  /** How long a statement may wait for a lock. Default 2,000: whoever waits longer for an exclusive lock stops everybody who comes after. */
  readonly lockTimeoutMs?: number
  /** Default 60,000. */
  readonly statementTimeoutMs?: number
}

/**
 * Everything or nothing. The one place that decides what is known about a write:
 *
 * - an error before COMMIT was sent: the server rolls back by itself, so `effect` is `none`, also when the connection was lost;
 * - a refusal as the answer to COMMIT: rolled back, `effect: 'none'`;
 * - the answer to COMMIT lost, or the server ended the session while it was at it: `OUTCOME_UNKNOWN`.
 *
 * A failure of `work` rolls back. An error that `work` caught does too: the server answers COMMIT with ROLLBACK then, and `REJECTED` is thrown.
 * A COMMIT in a script of `work` breaks the promise; it is found and told as `OUTCOME_UNKNOWN`, and has to be refused before.
 *
 * @returns what `work` returned, committed.
 */
export async function transaction<Result>(
  client: SqlClient,
  context: SqlContext,
  { name, database, lockTimeoutMs = 2_000, statementTimeoutMs = 60_000 }: TransactionOptions,
  work: (session: SqlSession) => Promise<Result>,
): Promise<Result> {
  const session = await client.connect({ mode: 'write', name, database }, context)
  try {
    const result = await uncommitted(session, async () => {
      const idle = `set local idle_in_transaction_session_timeout = ${Math.ceil(statementTimeoutMs)}`
      await session.apply(`begin; ${limits({ lockTimeoutMs, statementTimeoutMs })}; ${idle}`)
      return work(session)
    })
    await commit(session)
    return result
  } finally {
    await session[Symbol.asyncDispose]()
  }
}

async function uncommitted<Result>(session: SqlSession, work: () => Promise<Result>): Promise<Result> {
  const result = await work().catch((error: unknown) => {
    throw isFromSession(error) ? withEffect(error, 'none') : error
  })
  if (session.isInTransaction) return result
  throw new RollbackError('OUTCOME_UNKNOWN', 'The transaction ended before its COMMIT: a statement in it was a COMMIT or ROLLBACK', {
    hint: 'Take transaction commands out of the script. Look at what is there before you go on.',
  })
}

/** Errors that `session` made carry a cause of ours; others are left as they are, for they may tell of other effects. */
function isFromSession(error: unknown): error is RollbackError {
  return error instanceof RollbackError && error.cause instanceof Error && error.cause.name === 'PostgresError'
}

/** The server has answered, and what it answered leaves open whether the commit was written: it was ending, or had trouble with its files. */
const undecided = /^(08|57P|58|XX|40003)/

async function commit(session: SqlSession): Promise<void> {
  try {
    const [answer] = await session.apply('commit')
    if (answer?.command === 'COMMIT') return
  } catch (error) {
    if (!isFromSession(error)) throw error
    const state = sqlStateOf(error)
    if (state !== undefined && !undecided.test(state)) throw withEffect(error, 'none')
    throw new RollbackError('OUTCOME_UNKNOWN', 'COMMIT was sent and its answer was lost', {
      hint: 'Resume: the step is asked where it is before anything is done again.',
      cause: error.cause,
    })
  }
  throw new RollbackError('REJECTED', 'The server rolled back instead of committing: a statement before had failed', {
    hint: 'Correct the statement that failed, then preview again. Nothing was changed.',
  })
}
