import { RollbackError } from '@backstep/core'
import type { AppendOptions } from '../store.ts'
import { groupCommit } from './group-commit.ts'
import { guardedFile } from './guarded-file.ts'
import type { GuardedFileOptions } from './guarded-file.ts'
import { writeFailed } from './journal-errors.ts'
import { encodeLine } from './record-line.ts'
import type { ChainPosition, JournalEntry } from './record-line.ts'
import { syncPace } from './sync-pace.ts'
import type { SyncPace } from './sync-pace.ts'

/** Appends lines to one journal file. */
export interface JournalWriter {
  /**
   * Resolves when the entries are on disk. Entries of one call, and of calls that wait for the same sync, are written together.
   */
  readonly append: (entries: readonly JournalEntry[], options?: AppendOptions) => Promise<void>
  /** Where the line after the last durable one continues. */
  readonly durable: () => ChainPosition
  /** Waits for what is under way; every later append is refused. `false`: what is on disk is unknown, since a write failed. */
  readonly close: () => Promise<boolean>
}

export interface JournalWriterOptions extends GuardedFileOptions {
  /** Where the first line continues. */
  readonly next: ChainPosition
  readonly pace?: SyncPace
}

/** Numbers and chains entries in the order of the calls, and hands their lines to a group commit. */
export function journalWriter(setup: JournalWriterOptions): JournalWriter {
  const { path } = setup
  const toFailure = (error: unknown): RollbackError => (error instanceof RollbackError ? error : writeFailed(path, error))
  const commit = groupCommit({ file: guardedFile(setup), pace: setup.pace ?? syncPace(), start: setup.next, toFailure })
  let next = setup.next
  let isClosed = false

  // No async function: each of its promises costs a sequential caller some microseconds.
  const append = (entries: readonly JournalEntry[], options?: AppendOptions): Promise<void> => {
    const failure = isClosed ? closed(path) : commit.failure()
    if (failure !== undefined) return Promise.reject(failure)
    if (entries.length === 0) return Promise.resolve()
    try {
      const lines = encodeLines(entries, next)
      next = lines.next
      return commit.add(lines.bytes, lines.next, options)
    } catch (error) {
      return Promise.reject(error as RollbackError)
    }
  }
  const close = async (): Promise<boolean> => {
    isClosed = true
    await commit.settled()
    return commit.failure() === undefined
  }
  return { append, durable: commit.durable, close }
}

function encodeLines(entries: readonly JournalEntry[], start: ChainPosition): { bytes: readonly Buffer[]; next: ChainPosition } {
  const bytes: Buffer[] = []
  let next = start
  for (const entry of entries) {
    const line = encodeLine(entry, next)
    bytes.push(line.bytes)
    next = { seq: next.seq + 1, epoch: next.epoch, head: line.hash }
  }
  return { bytes, next }
}

function closed(path: string): RollbackError {
  return new RollbackError('INTERNAL', `${path} was closed by this process`, { hint: 'Open the run again to write to it.', effect: 'none' })
}
