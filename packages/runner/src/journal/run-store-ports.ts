import type { Clock } from '@backstep/core'
import type { Sealer } from '../store.ts'
import type { FileSystem } from './file-system.ts'
import type { RunLocks } from './run-lock.ts'
import type { SyncPace } from './sync-pace.ts'

/** What a run store stands on. */
export interface RunStorePorts {
  /** The folder of all runs. */
  readonly runsDirectory: string
  readonly fileSystem: FileSystem
  readonly locks: RunLocks
  readonly sealer: Sealer
  readonly now: Clock['now']
  /** A real folder for the work folders of a run: steps hand its path to other programs. */
  readonly workDirectory: (runId: string) => string
  /** Makes the pace of one writer. Default: `syncPace()`. */
  readonly pace?: () => SyncPace
  /** Throws when the folder must not be used. Asked once, before the first write. */
  readonly checkDirectory?: () => Promise<void>
}
