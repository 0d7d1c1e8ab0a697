import { join, resolve } from 'node:path'
import type { Clock } from '@backstep/core'
import { refuseNetworkFileSystem } from '../journal/network-file-system.ts'
import type { LeaseStore } from '../store.ts'
import { leaseStore } from './lease-store.ts'
import type { LeaseTable } from './lease-table.ts'
import { sqliteTable } from './sqlite-table.ts'

export interface FileLeasesOptions {
  /** The state directory that all runners of this machine share; made on first use. The leases are in its file `leases.db`. */
  readonly directory: string
  readonly clock?: Pick<Clock, 'now'>
  /** Accepts NFS and the like, where two machines can hold one lease. Default `false`. */
  readonly allowNetworkFileSystem?: boolean
}

/** A lease store that holds a file open. */
export interface FileLeases extends LeaseStore {
  /** Closes the file; nothing is released. The next call opens it again. */
  readonly close: () => void
}

/**
 * Leases for all processes of one machine, in one SQLite file. A lease is held for its time and no longer: not by a process that forgot to
 * renew, and not freed early because a process died, since its tools may still be at work. The run that held a lease gets it back at once.
 *
 * Grants and releases are durable when they resolve. Failures of the file: `INTERNAL`, or `BACKEND_UNAVAILABLE` after ten seconds of waiting
 * for another process; both without effect. Works on Node 22.13 or later.
 */
export function fileLeases(options: FileLeasesOptions): FileLeases {
  const directory = resolve(options.directory)
  const table = sqliteTable(join(directory, 'leases.db'))
  const store = leaseStore(options.allowNetworkFileSystem === true ? table : onLocalDisk(table, directory), options.clock?.now ?? Date.now)
  return { ...store, close: table.close }
}

function onLocalDisk(table: LeaseTable, directory: string): LeaseTable {
  let checked: Promise<void> | undefined
  const check = (): Promise<void> => (checked ??= refuseNetworkFileSystem(directory))
  return {
    update: (key, options, change) => check().then(() => table.update(key, options, change)),
    read: (key) => check().then(() => table.read(key)),
    all: () => check().then(() => table.all()),
  }
}
