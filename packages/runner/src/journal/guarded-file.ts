import { writeAll, writeAllSync } from './durable-file.ts'
import type { FileSystem } from './file-system.ts'
import { overtaken } from './journal-errors.ts'

/** A file that one process appends to and nobody else may touch. Each call writes all its bytes and syncs them. */
export interface GuardedFile {
  readonly append: (bytes: Uint8Array) => Promise<void>
  /** The same without leaving this turn of the event loop. */
  readonly appendSync: (bytes: Uint8Array) => void
}

export interface GuardedFileOptions {
  readonly fileSystem: FileSystem
  /** Opened for appending. */
  readonly file: number
  /** For messages. */
  readonly path: string
  /** Length of the file. */
  readonly bytes: number
}

/**
 * Looks before each write whether the file still has the length that this process gave it. The lock keeps other writers out; this
 * notices them when the lock file was removed or the journal was replaced.
 */
export function guardedFile({ fileSystem, file, path, bytes: bytesAtStart }: GuardedFileOptions): GuardedFile {
  let expected = bytesAtStart
  const look = (): void => {
    const { bytes, links } = fileSystem.stat(file)
    if (links === 0) throw overtaken(path, 'was removed or replaced')
    if (bytes !== expected) throw overtaken(path, `has ${bytes} bytes where this process wrote ${expected}`)
  }
  return {
    append: async (bytes) => {
      look()
      await writeAll(fileSystem, file, bytes)
      expected += bytes.byteLength
      await fileSystem.fdatasync(file)
    },
    appendSync: (bytes) => {
      look()
      writeAllSync(fileSystem, file, bytes)
      expected += bytes.byteLength
      fileSystem.fdatasyncSync(file)
    },
  }
}
