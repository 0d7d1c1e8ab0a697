import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { plainCause, RollbackError } from '@backstep/core'
import { makeDirectories } from '../journal/durable-file.ts'
import { nodeFileSystem } from '../journal/file-system.ts'
import { isBusy, openSqlite } from '../journal/sqlite.ts'
import type { SqliteDatabase } from '../journal/sqlite.ts'
import type { LeaseOwner } from '../store.ts'
import type { LeaseRow, LeaseTable } from './lease-table.ts'

/** How long a statement waits in place for another process; between attempts the event loop goes on. */
const busyMs = 5
const patienceMs = 10_000
const schemaVersion = 1
const schema = `
  CREATE TABLE IF NOT EXISTS leases (
    key TEXT PRIMARY KEY,
    token INTEGER NOT NULL,
    owner TEXT NOT NULL,
    process_start TEXT,
    renewed_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    is_released INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${schemaVersion};`

/** A table in one SQLite file that the processes of one machine share. Opened on first use. */
export function sqliteTable(path: string): LeaseTable & { readonly close: () => void } {
  let opened: SqliteDatabase | undefined
  let isPrepared: Promise<unknown> | undefined
  const attempt = async <Result>(work: (database: SqliteDatabase) => Result): Promise<Result> => {
    isPrepared ??= makeDirectories(nodeFileSystem, dirname(path)).catch((error: unknown) => {
      throw unusable(path, error)
    })
    await isPrepared
    return patiently(path, () => work((opened ??= openTable(path))))
  }
  return {
    update: (key, { isDurable }, change) =>
      attempt((database) => {
        database.exec(`PRAGMA synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`)
        return inTransaction(database, () => {
          const { result, row } = change(readRow(database, key))
          if (row !== undefined) writeRow(database, row)
          return result
        })
      }),
    read: (key) => attempt((database) => readRow(database, key)),
    all: () =>
      attempt((database) => (database.prepare('SELECT * FROM leases ORDER BY key').all() as unknown as StoredRow[]).map(fromStored)),
    close: () => {
      opened?.close()
      opened = undefined
    },
  }
}

async function patiently<Result>(path: string, work: () => Result): Promise<Result> {
  const until = performance.now() + patienceMs
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (error instanceof RollbackError) throw error
      if (!isBusy(error)) throw unusable(path, error)
      if (performance.now() > until) throw busy(path, error)
    }
    await wait(1 + Math.random() * 10)
  }
}

function openTable(path: string): SqliteDatabase {
  const database = openSqlite(path, { busyMs })
  try {
    const version = (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
    if (version > schemaVersion) throw newerVersion(path, version)
    database.exec('PRAGMA journal_mode = WAL')
    if (version < schemaVersion) inTransaction(database, () => database.exec(schema))
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function inTransaction<Result>(database: SqliteDatabase, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    rollBack(database)
    throw error
  }
}

/** A failed COMMIT may have rolled back already. */
function rollBack(database: SqliteDatabase): void {
  try {
    database.exec('ROLLBACK')
  } catch {}
}

interface StoredRow {
  readonly key: string
  readonly token: number
  readonly owner: string
  readonly process_start: string | null
  readonly renewed_at: number
  readonly expires_at: number
  readonly is_released: number
}

function readRow(database: SqliteDatabase, key: string): LeaseRow | undefined {
  const row = database.prepare('SELECT * FROM leases WHERE key = ?').get(key) as StoredRow | undefined
  return row === undefined ? undefined : fromStored(row)
}

function fromStored({
  key,
  token,
  owner,
  process_start: start,
  renewed_at: renewedAt,
  expires_at: expiresAt,
  is_released: released,
}: StoredRow): LeaseRow {
  const row = { key, token, owner: JSON.parse(owner) as LeaseOwner, renewedAt, expiresAt, isReleased: released === 1 }
  return start === null ? row : { ...row, processStart: start }
}

function writeRow(database: SqliteDatabase, row: LeaseRow): void {
  const { runId, host, pid } = row.owner
  database
    .prepare(
      'INSERT OR REPLACE INTO leases (key, token, owner, process_start, renewed_at, expires_at, is_released) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    .run(
      row.key,
      row.token,
      JSON.stringify({ runId, host, pid }),
      row.processStart ?? null,
      row.renewedAt,
      row.expiresAt,
      row.isReleased ? 1 : 0,
    )
}

function busy(path: string, error: unknown): RollbackError {
  return new RollbackError('BACKEND_UNAVAILABLE', `The lease file ${path} was locked by other processes for ${patienceMs / 1000} s`, {
    hint: 'Look for a stopped or hanging process that uses this state directory, and end it.',
    cause: plainCause(error),
    effect: 'none',
  })
}

function newerVersion(path: string, version: number): RollbackError {
  return new RollbackError('NOT_SUPPORTED', `The lease file ${path} was written by a newer version of Backstep (format ${version})`, {
    hint: 'Use that version, or a later one, for every run on this machine.',
  })
}

function unusable(path: string, error: unknown): RollbackError {
  return new RollbackError('INTERNAL', `The lease file ${path} cannot be used`, {
    hint: 'Check the disk and the permissions. Move a damaged file away only when no run is active: tokens start again from 1.',
    cause: plainCause(error),
    effect: 'none',
  })
}
