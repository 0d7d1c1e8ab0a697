import { type ContactTable, type JsonObject, type Json, plainCause, RollbackError, type StepContext } from '@backstep/core'

/** One session with the database. Each statement is one call, BEGIN and COMMIT too. */
export interface SqlSession {
  query<Row extends JsonObject = JsonObject>(statement: string, values?: readonly Json[]): Promise<readonly Row[]>
  close(): Promise<void>
}
export interface DatabasePort {
  /**
   * Opens a session. In `read` the server itself refuses every write.
   *
   * @param session.name `application_name`: how a later process finds a session that outlived its own.
   */
  connect(session: { readonly mode: 'read' | 'write'; readonly name: string }, context: StepContext): Promise<SqlSession>
}

/** Statements that change nothing, also in a session that may write. */
const onlyReads = /^\s*(select|begin)\b/i

export const databaseContacts: ContactTable<DatabasePort> = {
  connect: {
    mode: 'read',
    session: ({ mode }) => ({
      query: { mode: (statement) => (mode === 'read' || onlyReads.test(statement) ? 'read' : 'write') },
      close: 'read',
    }),
  },
}

/** A failure with PostgreSQL's own five-letter code; without one when the connection broke. */
export class SqlError extends Error {
  readonly sqlState: string | undefined
  constructor(message: string, sqlState: string | undefined) {
    super(message)
    this.name = 'SqlError'
    this.sqlState = sqlState
  }
}

/** Reads in one snapshot. Catalog functions wait for the locks of others, so the wait is short: who waited too long is asked again. */
export async function readOnly<T>(
  client: DatabasePort,
  name: string,
  context: StepContext,
  work: (session: SqlSession) => Promise<T>,
): Promise<T> {
  const session = await client.connect({ mode: 'read', name }, context)
  try {
    await session.query('begin isolation level repeatable read read only')
    await session.query("select set_config('lock_timeout', '500', true), set_config('statement_timeout', '10000', true)")
    const result = await work(session)
    await session.query('commit')
    return result
  } finally {
    await session.close()
  }
}

/**
 * Everything or nothing. Only a lost answer to COMMIT leaves the outcome unknown: before it, the server rolls back by itself.
 *
 * @throws RollbackError `OUTCOME_UNKNOWN` when the connection broke after COMMIT was sent.
 */
export async function transaction<T>(
  client: DatabasePort,
  name: string,
  context: StepContext,
  work: (session: SqlSession) => Promise<T>,
): Promise<T> {
  const session = await client.connect({ mode: 'write', name }, context)
  let sentCommit = false
  try {
    await session.query('begin')
    await session.query("select set_config('lock_timeout', '2000', true), set_config('statement_timeout', '30000', true)")
    const result = await work(session)
    sentCommit = true
    await session.query('commit')
    return result
  } catch (cause) {
    if (sentCommit && cause instanceof SqlError && cause.sqlState === undefined) throw lostAfterCommit(cause)
    if (!sentCommit) await session.query('rollback').catch(() => undefined)
    throw cause
  } finally {
    await session.close().catch(() => undefined)
  }
}

function lostAfterCommit(cause: SqlError): RollbackError {
  return new RollbackError('OUTCOME_UNKNOWN', 'The connection was lost after COMMIT was sent', {
    hint: 'Resume: the database is asked what it did.',
    cause: plainCause(cause),
  })
}
