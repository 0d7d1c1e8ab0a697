import { createHash, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { RollbackError } from '@backstep/core'
import type { BlobRef } from '@backstep/core'
import type { Sealer } from '../store.ts'
import { chunksOf, makeDirectories, openToRead, removeLeftovers, writeAll } from './durable-file.ts'
import type { FileSystem } from './file-system.ts'
import { keepFailed, snapshotMissing } from './journal-errors.ts'

/** Streams of any size under the hash of their stored bytes, in constant memory. */
export interface Blobs {
  readonly put: (bytes: AsyncIterable<Uint8Array>) => Promise<BlobRef>
  readonly get: (blob: BlobRef) => AsyncIterable<Uint8Array>
  /** Removes what a process that died had begun to write. */
  readonly clean: () => Promise<void>
}

const temporaryPrefix = '.new-'

export function blobsIn(directory: string, fileSystem: FileSystem, sealer: Sealer): Blobs {
  return {
    put: async (bytes) => {
      const temporary = join(directory, `${temporaryPrefix}${randomUUID()}`)
      const source = watched(bytes)
      try {
        await makeDirectories(fileSystem, directory)
        const blob = await writeSealed(temporary, fileSystem, sealer.seal(source.bytes()))
        await fileSystem.rename(temporary, join(directory, blob))
        await fileSystem.syncDirectory(directory)
        return { blob, bytes: source.length() }
      } catch (error) {
        await fileSystem.remove(temporary).catch(() => {})
        throw source.failed() || error instanceof RollbackError ? error : keepFailed(temporary, error)
      }
    },
    get: (blob) => readSealed(join(directory, blob.blob), blob, fileSystem, sealer),
    clean: () => removeLeftovers(fileSystem, directory, (name) => name.startsWith(temporaryPrefix)),
  }
}

/** Counts a stream, and tells its own failures from those of the disk. */
function watched(source: AsyncIterable<Uint8Array>): {
  bytes: () => AsyncGenerator<Uint8Array>
  length: () => number
  failed: () => boolean
} {
  let length = 0
  let hasFailed = false
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        length += chunk.byteLength
        yield chunk
      }
    } catch (error) {
      hasFailed = true
      throw error
    }
  }
  return { bytes, length: () => length, failed: () => hasFailed }
}

/** The hash of what was written. */
async function writeSealed(path: string, fileSystem: FileSystem, sealed: AsyncIterable<Uint8Array>): Promise<string> {
  const file = await fileSystem.open(path, 'wx', 0o600)
  try {
    const hash = createHash('sha256')
    for await (const chunk of sealed) {
      hash.update(chunk)
      await writeAll(fileSystem, file, chunk)
    }
    await fileSystem.fdatasync(file)
    return hash.digest('hex')
  } finally {
    await fileSystem.close(file)
  }
}

async function* readSealed(path: string, { blob }: BlobRef, fileSystem: FileSystem, sealer: Sealer): AsyncGenerator<Uint8Array> {
  if (!/^[0-9a-f]{64}$/.test(blob)) throw snapshotMissing(JSON.stringify(blob), 'is not the name of a snapshot')
  const file = await openToRead(fileSystem, path)
  if (file === undefined) throw snapshotMissing(path, 'is gone')
  try {
    const hash = createHash('sha256')
    for await (const chunk of chunksOf(fileSystem, file)) hash.update(chunk)
    if (hash.digest('hex') !== blob)
      throw snapshotMissing(path, `was changed: its ${fileSystem.stat(file).bytes} bytes do not have the hash of its name`)
    yield* sealer.unseal(chunksOf(fileSystem, file))
  } finally {
    await fileSystem.close(file)
  }
}
