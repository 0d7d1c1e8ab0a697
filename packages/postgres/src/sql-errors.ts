import { type Effect, RollbackError, type RollbackErrorCode } from '@backstep/core'

/** What the driver threw, reduced to what may be kept: no URL, no password, no row. */
export interface SqlFailure {
  /** The server's code of five characters, or the system's (`ECONNREFUSED`); empty when there is none. */
  readonly code: string
  readonly message: string
  /** `schema.table`, when the server names one. */
  readonly table?: string | undefined
  readonly constraint?: string | undefined
  /** What was being done: `'connect'`, or the beginning of the statement's first keyword. */
  readonly asked: string
}

interface Meaning {
  readonly code: RollbackErrorCode
  readonly hint: string
  readonly effect?: Effect
  readonly canRetry?: boolean
}

const lockHeld: Meaning = {
  code: 'LEASE_HELD',
  hint: 'Another session holds the lock: see pg_stat_activity and pg_blocking_pids, then retry.',
}
const diskFull: Meaning = { code: 'REJECTED', hint: 'Make room on the disk of the server, then resume.', canRetry: true }
const readOnlyServer: Meaning = {
  code: 'PRECONDITION_FAILED',
  hint: 'The server or the role is read only: connect to the primary, with a role that may write.',
}
const goneAway: Meaning = { code: 'BACKEND_UNAVAILABLE', hint: 'Check that the server is up and reachable, then resume.' }

/** By SQLSTATE, or by its class of two characters. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const meanings: Readonly<Record<string, Meaning>> = {
  '08': goneAway,
  '08P01': {
    code: 'NOT_SUPPORTED',
    hint: 'Connect to the server itself: a pooler or proxy in between does not speak all of the protocol.',
  },
  '25006': readOnlyServer,
  '28': { code: 'PERMISSION_DENIED', hint: 'Check the role and password in the secret, and pg_hba.conf of the server.' },
  '3D000': { code: 'TARGET_NOT_FOUND', hint: 'Check the name of the database.' },
  '40001': lockHeld,
  '40P01': lockHeld,
  '42501': { code: 'PERMISSION_DENIED', hint: 'Grant the role what the README of the step lists.' },
  '53': { code: 'REJECTED', hint: 'The server lacks a resource: read its log, then resume.', canRetry: true },
  '53100': diskFull,
  '53300': { code: 'RATE_LIMITED', hint: 'No connection is free: raise max_connections or end idle sessions, then retry.' },
  '55006': { code: 'LEASE_HELD', hint: 'Other sessions use the object: see pg_stat_activity, then retry.' },
  '55P03': lockHeld,
  '57014': {
    code: 'TIMED_OUT',
    hint: 'The statement took longer than it may, or was cancelled. Raise the limit of the step, or retry.',
    effect: 'none',
  },
  '57P': goneAway,
  '57P03': { ...goneAway, effect: 'none', hint: 'The server is starting or stopping: wait until it takes connections, then resume.' },
  '57P04': { code: 'TARGET_NOT_FOUND', hint: 'The database was dropped by somebody else: look at what happened before you go on.' },
  '58': { ...goneAway, hint: 'The server could not use a file: read its log, then resume.' },
  XX000: {
    ...goneAway,
    effect: 'none',
    hint: 'The catalog changed while it was read: ask again. If it stays so, read the log of the server.',
  },
}
const refused: Meaning = {
  code: 'REJECTED',
  hint: 'The server refused the statement and changed nothing. Correct the cause, then preview again.',
}

/** Whether the code is one of the server's. */
export function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code)
}

/** What an answer of the server with a SQLSTATE means. Outside of a transaction, a statement that was answered so changed nothing. */
export function refusedStatement({ code, message, table, constraint, asked }: SqlFailure): RollbackError {
  const { hint, code: meaning, ...rest } = meanings[code] ?? meanings[code.slice(0, 3)] ?? meanings[code.slice(0, 2)] ?? refused
  const where = [table, constraint].filter((part) => part !== undefined).join(', ')
  const text = `${asked}: ${shown(code, message)}${where === '' ? '' : ` [${where}]`} (SQLSTATE ${code})`
  return new RollbackError(meaning, text, { hint, ...rest, cause: causeOf(code, text) })
}

const certificateCode = /CERT|SIGNATURE/

/** A connection that was refused, lost or stopped. `effect` is `unknown` only when a statement may have reached the server. */
export function lostConnection({ code, asked }: SqlFailure, isConnecting: boolean): RollbackError {
  const isCertificate = certificateCode.test(code)
  const text = `${asked}: ${isConnecting ? 'no answer from' : 'lost the connection to'} the PostgreSQL server${code === '' ? '' : ` (${code})`}`
  return new RollbackError('BACKEND_UNAVAILABLE', text, {
    hint: isCertificate ? 'Check sslmode and sslrootcert in the URL of the secret.' : goneAway.hint,
    effect: isConnecting ? 'none' : 'unknown',
    canRetry: !isCertificate,
    cause: causeOf(code, text),
  })
}

/** A message about data quotes the data; all others name objects. */
function shown(code: string, message: string): string {
  if (code.startsWith('22')) return 'a value does not fit'
  const line = message.replaceAll(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 297)}...` : line
}

function causeOf(code: string, message: string): Error {
  const cause = new Error(message)
  cause.name = 'PostgresError'
  return code === '' ? cause : Object.assign(cause, { code })
}

/** The server's own code in an error of a session: `'42P01'` for a table that does not exist. `undefined` when the server has not answered. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof RollbackError)) return undefined
  const { code } = (error.cause ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' && isSqlState(code) ? code : undefined
}

/** The same error with another statement of what it did. */
export function withEffect(error: RollbackError, effect: Effect): RollbackError {
  const { code, message, hint, canRetry, cause } = error
  return error.effect === effect ? error : new RollbackError(code, message, { hint, effect, canRetry, cause })
}

/**
 * What any failure below a step means to a run, for `toRollbackError` of a definition. Errors of a session are `RollbackError`s already.
 */
export function toRollbackError(cause: unknown): RollbackError {
  if (cause instanceof RollbackError) return cause
  return lostConnection({ code: '', message: '', asked: 'A statement' }, false)
}
