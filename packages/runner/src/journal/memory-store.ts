import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Clock, RunRecord } from '@backstep/core'
import type { RunStore, Sealer } from '../store.ts'
import { plainSealer } from '../sealer/plain-sealer.ts'
import type { FileSystem } from './file-system.ts'
import { memoryFileSystem } from './memory-file-system.ts'
import { mortalWriter } from './mortal-writer.ts'
import type { AppendFate, AskFate } from './mortal-writer.ts'
import { memoryLocks } from './run-lock.ts'
import { runStore } from './run-store.ts'
import { syncPace } from './sync-pace.ts'

export type { AppendFate } from './mortal-writer.ts'

export interface MemoryStoreOptions {
  /**
   * Asked for each record that a run appends, before it is written. `index` counts these questions from 0 over all writers of the run, so
   * that one number names one moment: the record that a writer died at has another index when the next writer appends it again.
   */
  readonly onAppend?: (record: RunRecord, index: number, runId: string) => AppendFate
  /** Default: `plainSealer`. */
  readonly sealer?: Sealer
  readonly clock?: Pick<Clock, 'now'>
  /** Default: memory. Two stores on one file system hold the same runs, but not the same locks. */
  readonly fileSystem?: FileSystem
}

/**
 * The file store on files in memory, for tests: the same lines, checks, locks and errors, and `onAppend` to let a writer die at any record.
 * Work folders are real, below the system's folder for temporary files.
 */
export function memoryStore(options: MemoryStoreOptions = {}): RunStore {
  const workDirectory = join(tmpdir(), `backstep-memory-${randomUUID()}-`)
  const store = runStore({
    runsDirectory: resolve('/memory/runs'),
    fileSystem: options.fileSystem ?? memoryFileSystem(),
    locks: memoryLocks(),
    sealer: options.sealer ?? plainSealer(),
    now: options.clock?.now ?? Date.now,
    workDirectory: (runId) => workDirectory + runId,
    // Never waits for the event loop, so that a test that never yields to it cannot hang here.
    pace: () => syncPace({ turnShareMs: Infinity }),
  })
  const { onAppend } = options
  if (onAppend === undefined) return store
  const asked = new Map<string, number>()
  const ask: AskFate = (record, runId) => {
    const index = asked.get(runId) ?? 0
    asked.set(runId, index + 1)
    return onAppend(record, index, runId)
  }
  return {
    ...store,
    create: async (runId, plan) => mortalWriter(await store.create(runId, plan), ask),
    open: async (runId) => mortalWriter(await store.open(runId), ask),
  }
}
