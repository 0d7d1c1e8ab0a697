import { close, fdatasync, fdatasyncSync, fstatSync, ftruncate, open, read, write, writeSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { promisify } from 'node:util'

/**
 * The part of a file system that a store needs. A port, so that tests can make a disk full, a write short or a sync fail.
 *
 * Files are numbers (descriptors). Failures are system errors with a `code`.
 */
export interface FileSystem {
  /** `'a'` makes the file when it is not there; `'wx'` refuses one that is there. */
  open(path: string, flags: 'r' | 'r+' | 'a' | 'wx', mode?: number): Promise<number>
  close(file: number): Promise<void>
  /** Reads at `position`; 0 at the end of the file. */
  read(file: number, into: Uint8Array, position: number): Promise<number>
  /** Writes at the end of the file. May write fewer bytes than given. */
  write(file: number, bytes: Uint8Array): Promise<number>
  writeSync(file: number, bytes: Uint8Array): number
  fdatasync(file: number): Promise<void>
  fdatasyncSync(file: number): void
  stat(file: number): FileState
  truncate(file: number, bytes: number): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Removes a file or a folder with what is in it; nothing there is fine. */
  remove(path: string): Promise<void>
  /** For the owner alone. `false` when it was there already. Rejects with `ENOENT` when its parent is not. */
  makeDirectory(path: string): Promise<boolean>
  list(path: string): Promise<readonly string[]>
  /** Makes the names in a folder durable: new files, renames. */
  syncDirectory(path: string): Promise<void>
}

export interface FileState {
  readonly bytes: number
  /** 0 when the file was removed or replaced since it was opened. */
  readonly links: number
}

/** The `code` of a system error. */
export function errorCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

const openFile = promisify(open)
const closeFile = promisify(close)
const readFile = promisify(read)
const writeFile = promisify(write)
const syncFile = promisify(fdatasync)
const truncateFile = promisify(ftruncate)

/** The file system of this machine. */
export const nodeFileSystem: FileSystem = {
  open: (path, flags, mode) => openFile(path, flags, mode ?? 0o666),
  close: (file) => closeFile(file),
  read: async (file, into, position) => (await readFile(file, into, 0, into.byteLength, position)).bytesRead,
  write: async (file, bytes) => (await writeFile(file, bytes, 0, bytes.byteLength, null)).bytesWritten,
  writeSync: (file, bytes) => writeSync(file, bytes),
  fdatasync: (file) => syncFile(file),
  fdatasyncSync: (file) => fdatasyncSync(file),
  stat: (file) => {
    const { size, nlink } = fstatSync(file)
    return { bytes: size, links: nlink }
  },
  truncate: (file, bytes) => truncateFile(file, bytes),
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path, { recursive: true, force: true }),
  makeDirectory: (path) =>
    mkdir(path, { mode: 0o700 }).then(
      () => true,
      (error: unknown) => {
        if (errorCode(error) === 'EEXIST') return false
        throw error
      },
    ),
  list: (path) => readdir(path),
  syncDirectory: async (path) => {
    // Windows cannot open a folder, and keeps names durable by itself.
    if (process.platform === 'win32') return
    const folder = await openFile(path, 'r')
    try {
      await syncFile(folder)
    } finally {
      await closeFile(folder)
    }
  },
}
