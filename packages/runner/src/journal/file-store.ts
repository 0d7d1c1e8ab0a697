import { join, resolve } from 'node:path'
import type { Clock } from '@backstep/core'
import type { RunStore, Sealer } from '../store.ts'
import { keyFileSealer } from '../sealer/key-file-sealer.ts'
import type { FileSystem } from './file-system.ts'
import { nodeFileSystem } from './file-system.ts'
import { refuseNetworkFileSystem } from './network-file-system.ts'
import { kernelLocks } from './run-lock.ts'
import { runStore } from './run-store.ts'

export interface FileStoreOptions {
  /** The state directory, on a local disk; made on first use. Runs are in its folder `runs`, one folder each. */
  readonly directory: string
  /** Default: `keyFileSealer` with the file `seal.key` in the state directory. */
  readonly sealer?: Sealer
  readonly clock?: Pick<Clock, 'now'>
  /** Accepts NFS and the like, where nothing stops a second machine from writing to the same run. Default `false`. */
  readonly allowNetworkFileSystem?: boolean
  /** Default: the disk. For tests of a failing one. */
  readonly fileSystem?: FileSystem
}

/**
 * Keeps runs as files that a person can read:
 *
 * ```text
 * <directory>/runs/<run id>/
 *   plan.json       the sealed plan
 *   journal.jsonl   one record a line, each with the hash of the line before; synced before a write is acknowledged
 *   blobs/<sha256>  snapshots, sealed; named by the hash of what is stored
 *   outbox/         messages, one file each
 *   work/           scratch folders of steps, removed when the run ends
 *   lock.json       who opened the run last, and how far the journal went then
 *   lock.db         the lock; freed by the kernel when its process dies
 * ```
 *
 * Each line of the journal is `{"v":1,"seq":…,"epoch":…,"at":…,"type":…,…,"prev":…,"crc":…}`: `prev` is the sha256 of the line before it
 * without its newline (of plan.json for the first line, which names the run), `crc` the crc32 of the line up to `,"crc"`.
 *
 * Works on Node 22.13 or later, on one machine. Cutting whole lines off the end of a journal is noticed only back to the last time the run
 * was opened or closed.
 */
export function fileStore(options: FileStoreOptions): RunStore {
  const directory = resolve(options.directory)
  const runsDirectory = join(directory, 'runs')
  return runStore({
    runsDirectory,
    fileSystem: options.fileSystem ?? nodeFileSystem,
    locks: kernelLocks,
    sealer: options.sealer ?? keyFileSealer({ path: join(directory, 'seal.key') }),
    now: options.clock?.now ?? Date.now,
    workDirectory: (runId) => join(runsDirectory, runId, 'work'),
    checkDirectory: async () => {
      if (options.allowNetworkFileSystem !== true) await refuseNetworkFileSystem(directory)
    },
  })
}
