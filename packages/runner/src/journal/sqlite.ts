import { RollbackError } from '@backstep/core'
import type * as Sqlite from 'node:sqlite'

export type SqliteDatabase = Sqlite.DatabaseSync

const busyCode = 5

/**
 * Opens a database file with the SQLite that is part of Node. A statement waits up to `busyMs` for another process, in place.
 *
 * It is looked up when it is used, so that a program that never locks anything loads without it; and as a built-in by its full name,
 * because bundlers drop the `node:` without which it cannot be found.
 *
 * @throws RollbackError `NOT_SUPPORTED` where this Node has no SQLite.
 */
export function openSqlite(path: string, options: { readonly busyMs: number }): SqliteDatabase {
  const sqlite: typeof Sqlite | undefined = withoutExperimentalWarning(() => process.getBuiltinModule('node:sqlite'))
  if (sqlite === undefined) {
    throw new RollbackError('NOT_SUPPORTED', `Node ${process.versions.node} has no node:sqlite, which locks runs and keeps leases`, {
      hint: 'Use Node 22.13 or later.',
    })
  }
  const database = new sqlite.DatabaseSync(path)
  database.exec(`PRAGMA busy_timeout = ${options.busyMs}`)
  return database
}

/** True when another connection has the lock. */
export function isBusy(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error && (Number(error.errcode) & 0xff) === busyCode
}

/** Node 22 warns on the first look-up. The look-up is synchronous, so no other warning can come between. */
function withoutExperimentalWarning<Result>(lookUp: () => Result): Result {
  const emitWarning = Object.getOwnPropertyDescriptor(process, 'emitWarning')
  process.emitWarning = () => {}
  try {
    return lookUp()
  } finally {
    if (emitWarning !== undefined) Object.defineProperty(process, 'emitWarning', emitWarning)
  }
}
