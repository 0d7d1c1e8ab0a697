import { hostname } from 'node:os'
import { readWhole, replaceFile } from './durable-file.ts'
import type { FileSystem } from './file-system.ts'
import type { ChainPosition } from './record-line.ts'
import type { Anchor } from './verify-journal.ts'

/**
 * `lock.json`: who opened the run last, for people; and how far the journal went then, so that a journal that was cut or replaced since is
 * noticed. The lock itself is held by the kernel on another file.
 */
export interface LockNote {
  readonly pid: number
  readonly host: string
  /** ISO text. */
  readonly since: string
  /** Left out while the run is open, and when its process died. */
  readonly closed?: string
  readonly epoch: number
  readonly anchor: Anchor
}

export function lockNote(next: ChainPosition, epoch: number, nowMs: number): LockNote {
  return { pid: process.pid, host: hostname(), since: isoText(nowMs), epoch, anchor: { seq: next.seq - 1, head: next.head } }
}

export function closedNote(note: LockNote, next: ChainPosition, nowMs: number): LockNote {
  return { ...note, closed: isoText(nowMs), anchor: { seq: next.seq - 1, head: next.head } }
}

function isoText(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

export async function writeLockNote(fileSystem: FileSystem, path: string, note: LockNote): Promise<void> {
  await replaceFile(fileSystem, path, Buffer.from(`${JSON.stringify(note, null, 2)}\n`), { isDurable: false })
}

/** `undefined` when there is none, or when it was lost in a crash: it is never needed to go on. */
export async function readLockNote(fileSystem: FileSystem, path: string): Promise<LockNote | undefined> {
  const bytes = await readWhole(fileSystem, path)
  try {
    const note = JSON.parse(bytes?.toString('utf8') ?? '') as LockNote
    return Number.isSafeInteger(note.anchor.seq) && typeof note.anchor.head === 'string' ? note : undefined
  } catch {
    return undefined
  }
}

/** For messages: `process 4711 on host db-1, since 2026-11-22T04:30:00.000Z`. */
export function describeHolder(note: LockNote | undefined): string {
  if (note === undefined || note.closed !== undefined) return 'a process that has just begun'
  return `process ${note.pid} on host ${note.host}, since ${note.since}`
}
