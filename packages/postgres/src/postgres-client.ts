import { type JsonObject, RollbackError, type Secret } from '@backstep/core'
import type { Client, ClientConfig, QueryConfig, QueryResult } from 'pg'
import type { SessionOptions, SqlClient, SqlContext, SqlSession } from './sql-client.ts'
import { isSqlState, lostConnection, refusedStatement, type SqlFailure, sqlStateOf } from './sql-errors.ts'

export interface PostgresClientOptions {
  /** A secret that holds a URL: `postgresql://role:password@host:5432/database?sslmode=verify-full`. */
  readonly url: Secret
  /** How long a connection may take until it can be used. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined
}

/**
 * The port over the network, with the driver `pg`; no other file imports it. Making one contacts nothing. The URL is revealed in each `connect` and kept
 * nowhere.
 *
 * The server notices within half a second when nobody is left who waits for its answer, where it can
 * (`client_connection_check_interval`, on Linux): what a killed process began does not go on for hours. PostgreSQL 14 or newer.
 */
export function postgresClient({ url, connectTimeoutMs = 10_000 }: PostgresClientOptions): SqlClient {
  return {
    async connect(options, context) {
      const connectionString = databaseUrl(await context.reveal(url), url.name, options.database)
      const { default: pg } = await import('pg')
      const client = makeClient(() => new pg.Client(configOf(connectionString, connectTimeoutMs, options)), url.name)
      client.on('error', () => undefined) // told to whoever waits for an answer
      return openSession(client, options, context, url.name)
    },
  }
}

/** The parser of the driver and the one of Node both put their input into their errors: nothing of those is kept. */
function databaseUrl(text: string, secretName: string, database: string | undefined): string {
  const url = URL.parse(text)
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) throw badUrl(secretName)
  if (database !== undefined) url.pathname = `/${encodeURIComponent(database)}`
  return url.href
}

function badUrl(secretName: string): RollbackError {
  return new RollbackError('OPTIONS_INVALID', `The secret ${secretName} holds no PostgreSQL URL that can be used`, {
    hint: 'Store postgresql://role:password@host:5432/database, with special characters percent-encoded, and files for TLS that can be read.',
  })
}

function makeClient(make: () => Client, secretName: string): Client {
  try {
    return make()
  } catch {
    throw badUrl(secretName) // a parameter of it is not valid, or a file that it names cannot be read
  }
}

function configOf(connectionString: string, connectTimeoutMs: number, { mode, name }: SessionOptions): ClientConfig {
  return {
    connectionString,
    application_name: name,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    options: `-c default_transaction_read_only=${mode === 'read' ? 'on' : 'off'} -c timezone=UTC -c datestyle=ISO`,
    types: { getTypeParser: (oid: number) => parserOf(oid) as never },
  }
}

const plainNumbers: ReadonlySet<number> = new Set([21, 23, 26])
const boolean = 16
const jsonTypes: ReadonlySet<number> = new Set([114, 3802])

/** The parser of a type by its oid: nothing comes out that a journal could not hold. */
function parserOf(oid: number): (text: string) => unknown {
  if (plainNumbers.has(oid)) return Number
  if (oid === boolean) return (text) => text === 't'
  if (jsonTypes.has(oid)) return (text) => JSON.parse(text) as unknown
  return (text) => text
}

async function openSession(client: Client, options: SessionOptions, context: SqlContext, secretName: string): Promise<SqlSession> {
  const stop = abortable(client, context.abortSignal)
  try {
    if (context.abortSignal.aborted) throw aborted('connect', 'none')
    await client.connect().catch((cause: unknown) => {
      throw context.abortSignal.aborted ? aborted('connect', 'none') : connectError(cause, secretName)
    })
    const session = sessionOver(client, context.abortSignal, stop)
    return Object.assign(session, { serverMajor: await prepareSession(session, options) })
  } catch (error) {
    await stop()
    throw error
  }
}

type OpenSession = Omit<SqlSession, 'serverMajor'>

function sessionOver(client: Client, signal: AbortSignal, stop: () => Promise<void>): OpenSession {
  const send = async (asked: string, text: QueryConfig & { readonly queryMode?: 'extended' }, script = ''): Promise<unknown> => {
    try {
      return await client.query(text)
    } catch (cause) {
      throw signal.aborted ? aborted(asked, 'unknown') : statementError(cause, asked, script)
    }
  }
  return {
    processId: (client as unknown as { readonly processID: number }).processID,
    get isInTransaction() {
      return ['T', 'E'].includes(client.getTransactionStatus() ?? 'I')
    },
    async query<Row extends JsonObject>(statement: string, values: readonly unknown[] = []) {
      const result = (await send(askedBy(statement), { text: statement, values: [...values], queryMode: 'extended' })) as QueryResult
      return result.rows as readonly Row[]
    },
    async apply(script) {
      const result = (await send(askedBy(script), { text: script }, script)) as QueryResult | QueryResult[]
      return [result].flat().map(({ command, rowCount, rows }) => ({ command, rowCount: rowCount ?? 0, rows: rows as JsonObject[] }))
    },
    [Symbol.asyncDispose]: stop,
  }
}

/** Ends the connection once, and when the signal says so. What the server is at, it stops when it notices. */
function abortable(client: Client, signal: AbortSignal): () => Promise<void> {
  const { connection } = client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }
  const destroy = (): void => connection.stream.destroy()
  signal.addEventListener('abort', destroy, { once: true })
  return async () => {
    signal.removeEventListener('abort', destroy)
    const ended = await Promise.race([
      client.end().then(
        () => true,
        () => true,
      ),
      patience(),
    ])
    if (!ended) destroy()
  }
}

const endPatienceMs = 2_000

function patience(): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), endPatienceMs).unref())
}

const checkIntervalMs = 500
/** The first that notices by itself that its client is gone, and that waits for the end of a session that it ends. */
const oldestMajor = 14

/** Refuses a pooler: it hands statements to whichever server session is free, so neither name, nor mode, nor process id would be ours. */
async function prepareSession(session: OpenSession, { mode }: SessionOptions): Promise<number> {
  const [facts] = await session.query<{ readonly pid: number; readonly version: number; readonly mode: string }>(
    `select pg_backend_pid() as pid, current_setting('server_version_num')::int as version, current_setting('default_transaction_read_only') as mode`,
  )
  if (facts === undefined || facts.pid !== session.processId || facts.mode !== (mode === 'read' ? 'on' : 'off')) {
    throw new RollbackError('NOT_SUPPORTED', 'A connection pooler stands between here and the PostgreSQL server', {
      hint: 'Put the address of the server itself into the secret: a session has to stay one session.',
    })
  }
  const serverMajor = Math.floor(facts.version / 10_000)
  if (serverMajor < oldestMajor) {
    throw new RollbackError('NOT_SUPPORTED', `The server is PostgreSQL ${serverMajor}; ${oldestMajor} or newer is needed`, {
      hint: 'Work on this server by hand, or upgrade it first.',
    })
  }
  await noticeOurEnd(session)
  return serverMajor
}

async function noticeOurEnd(session: OpenSession): Promise<void> {
  await session.query(`select set_config('client_connection_check_interval', '${checkIntervalMs}', false)`).catch((error: unknown) => {
    if (sqlStateOf(error) === undefined) throw error // the server's machine cannot do it, and says so
  })
}

function failureOf(cause: unknown, asked: string): SqlFailure {
  const { code, message, schema, table, constraint } = (typeof cause === 'object' && cause !== null ? cause : {}) as Record<string, unknown>
  return {
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? message : '',
    ...(typeof table === 'string' ? { table: `${String(schema)}.${table}` } : {}),
    ...(typeof constraint === 'string' ? { constraint } : {}),
    asked,
  }
}

function statementError(cause: unknown, asked: string, script: string): RollbackError {
  const position = Number((cause as { readonly position?: unknown }).position)
  const line = position > 0 && script.includes('\n') ? `, line ${script.slice(0, position).split('\n').length}` : ''
  const failure = failureOf(cause, `${asked}${line}`)
  return isSqlState(failure.code) ? refusedStatement(failure) : lostConnection(failure, false)
}

function connectError(cause: unknown, secretName: string): RollbackError {
  const failure = failureOf(cause, `connect (secret ${secretName})`)
  if (isSqlState(failure.code)) return refusedStatement(failure)
  if (failure.message.startsWith('SASL') || /password/i.test(failure.message)) {
    return refusedStatement({
      ...failure,
      code: '28P01',
      message: 'the server asks for a password that the URL does not have, or refused it',
    })
  }
  if (/SSL/.test(failure.message) && failure.code === '') {
    return new RollbackError('OPTIONS_INVALID', `${failure.asked}: the server does not do TLS, and the URL asks for it`, {
      hint: 'Turn TLS on in the server, or change sslmode in the URL of the secret.',
    })
  }
  if (/timeout/i.test(failure.message)) {
    return new RollbackError('TIMED_OUT', `${failure.asked}: the PostgreSQL server did not answer in time`, {
      hint: 'Check that the server is up and reachable, then resume.',
      effect: 'none',
    })
  }
  return lostConnection(failure, true)
}

function aborted(asked: string, effect: 'none' | 'unknown'): RollbackError {
  const cause = new Error('the signal of the call was aborted')
  cause.name = 'PostgresError'
  return new RollbackError('ABORTED', `${asked}: stopped`, { hint: 'Resume the run: it looks at the database first.', effect, cause })
}

/** The first words of a statement, without any text of it that could be a value. */
function askedBy(statement: string): string {
  const words =
    /^\s*(?:--[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*([a-z]+(?:\s+(?:database|table|index|schema|transaction|work|into|from|column)\b)?)/i.exec(
      statement,
    )
  const first = words?.[1]?.toUpperCase().replaceAll(/\s+/g, ' ') ?? 'a statement'
  return /;\s*\S/.test(statement) ? `a script (${first} …)` : first
}
