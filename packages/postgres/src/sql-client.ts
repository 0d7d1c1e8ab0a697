import type { ContactTable, Json, JsonObject, StepContext } from '@backstep/core'

/** What a session needs of a step: the signal that stops it, and the value of a secret at the moment of use. A `StepContext` is one. */
export type SqlContext = Pick<StepContext, 'abortSignal' | 'reveal'>

/** One statement of a script, as the server answered it. */
export interface AppliedStatement {
  /** The command tag without its numbers: `'UPDATE'`, `'CREATE TABLE'`, `'COMMIT'`. */
  readonly command: string
  /** Rows that were read or changed; 0 for statements that have none. */
  readonly rowCount: number
  readonly rows: readonly JsonObject[]
}

/**
 * One session of a server. Every statement is one contact, BEGIN and COMMIT too, so that a test can crash a step at each of them.
 *
 * Columns come as plain data that a journal can hold: `smallint`, `integer` and `oid` as numbers, `boolean`, `json` and `jsonb` as what they are, and
 * all other types as the text that the server writes (`bigint`, `numeric` and times too, in UTC).
 *
 * Statements throw a `RollbackError`; `sqlStateOf` reads the server's own code from it.
 */
export interface SqlSession {
  /** The server's process for this session, as in `pg_stat_activity`. */
  readonly processId: number
  /** `14`, `16`, `18`. */
  readonly serverMajor: number
  /** Whether a transaction is open, failed ones included, as of the last answer. */
  readonly isInTransaction: boolean
  /**
   * One statement with `$1`, `$2` for its values; several in one text are refused by the server. An array is passed as an SQL array, an object as JSON.
   *
   * @returns its rows.
   */
  query<Row extends JsonObject = JsonObject>(statement: string, values?: readonly Json[]): Promise<readonly Row[]>
  /** One or more statements in one message, as they are. Without BEGIN in it or before it, they are one transaction to the server. */
  apply(script: string): Promise<readonly AppliedStatement[]>
  /** Ends the session. Not a contact: it does no more than the end of the process would. What is not committed is rolled back. Never rejects. */
  [Symbol.asyncDispose](): Promise<void>
}

export interface SessionOptions {
  /** In a `read` session the server itself refuses every write (`default_transaction_read_only`). */
  readonly mode: 'read' | 'write'
  /** `application_name`: how a later process finds a session that outlived this one. Made by `sessionName`. */
  readonly name: string
  /** Another database of the same server. Default: the one in the URL. */
  readonly database?: string | undefined
}

/** The port of every step that works on PostgreSQL. */
export interface SqlClient {
  /**
   * Opens a session. Throws before anything is sent or with `effect: 'none'`:
   *
   * - `OPTIONS_INVALID`: the secret holds no PostgreSQL URL, or TLS is asked for in a way that the server does not do.
   * - `PERMISSION_DENIED`: wrong password, no such role, refused by `pg_hba.conf`.
   * - `TARGET_NOT_FOUND`: no such database.
   * - `NOT_SUPPORTED`: a connection pooler stands in between.
   * - `RATE_LIMITED`: no connection is free.
   * - `BACKEND_UNAVAILABLE`, `TIMED_OUT`: nobody answers.
   */
  connect(options: SessionOptions, context: SqlContext): Promise<SqlSession>
}

const sessionContacts = (mode: 'read' | 'write'): ContactTable<SqlSession> => ({ query: mode, apply: mode, [Symbol.asyncDispose]: 'read' })

export const sqlContacts: ContactTable<SqlClient> = { connect: { mode: 'read', session: ({ mode }) => sessionContacts(mode) } }

const longestName = 63

/** A name for sessions by the mark of a preparation: `backstep <mark> <what>`, cut to the 63 bytes that the server keeps. */
export function sessionName(mark: string, what = ''): string {
  const plain = `backstep ${mark} ${what}`.trim().replaceAll(/[^\x20-\x7e]/g, '?')
  return plain.slice(0, longestName)
}
