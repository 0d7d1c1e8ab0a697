import { type RollbackError } from '@backstep/core'
import type { SqlClient, SqlContext, SqlSession } from './sql-client.ts'
import { sqlStateOf } from './sql-errors.ts'

export interface ReadOptions {
  /** `application_name`; made by `sessionName`. */
  readonly name: string
  readonly database?: string | undefined
  /** How long a statement may wait for a lock of somebody else's schema change. Default 500. */
  readonly lockTimeoutMs?: number
  /** Default 60,000. */
  readonly statementTimeoutMs?: number
}

/**
 * One consistent look at a database: a `repeatable read read only` transaction in a session in which the server refuses every write. Even a
 * plain read waits while somebody changes a table, so it waits half a second and no longer.
 *
 * @returns what `work` returned.
 * @throws RollbackError what the session or `work` threw; `isBusy` tells a look that has to be repeated.
 */
export async function readOnly<Result>(
  client: SqlClient,
  context: SqlContext,
  { name, database, lockTimeoutMs = 500, statementTimeoutMs = 60_000 }: ReadOptions,
  work: (session: SqlSession) => Promise<Result>,
): Promise<Result> {
  const session = await client.connect({ mode: 'read', name, database }, context)
  try {
    await session.apply(`begin isolation level repeatable read read only; ${limits({ lockTimeoutMs, statementTimeoutMs })}`)
    const result = await work(session)
    await session.apply('commit')
    return result
  } finally {
    await session[Symbol.asyncDispose]()
  }
}

/** Limits for the transaction that is open. */
export function limits({
  lockTimeoutMs,
  statementTimeoutMs,
}: {
  readonly lockTimeoutMs: number
  readonly statementTimeoutMs: number
}): string {
  return `set local lock_timeout = ${Math.ceil(lockTimeoutMs)}; set local statement_timeout = ${Math.ceil(statementTimeoutMs)}`
}

/**
 * True when a look failed only because somebody changes the schema right now: a lock was not to be had in time (55P03), or an object went away
 * under the look (XX000). A probe answers `unknown` then, and is asked again.
 */
export function isBusy(error: unknown): error is RollbackError {
  return ['55P03', 'XX000'].includes(sqlStateOf(error) ?? '')
}
