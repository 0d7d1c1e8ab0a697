import type { FileSystem } from '../../src/journal/file-system.ts'

/** What the disk does from now on. Set fields at any time. */
export interface Faults {
  /** A write takes at most so many bytes. */
  writeAtMost?: number
  /** Bytes that still fit; then writes fail with ENOSPC, after a short one. */
  roomBytes?: number
  /** Syncs fail with this code. */
  syncCode?: string
  /** Every async sync waits for this. */
  syncGate?: Promise<void>
  /** Counted, failed ones too. */
  syncs: number
  blockingSyncs: number
}

/** A file system whose disk can be slow, short, full or broken. */
export function faultyFileSystem(real: FileSystem): { readonly fileSystem: FileSystem; readonly faults: Faults } {
  const faults: Faults = { syncs: 0, blockingSyncs: 0 }
  const share = (bytes: Uint8Array): Uint8Array => {
    const length = Math.min(bytes.byteLength, faults.writeAtMost ?? Infinity, faults.roomBytes ?? Infinity)
    if (length === 0 && bytes.byteLength > 0) fail('ENOSPC')
    if (faults.roomBytes !== undefined) faults.roomBytes -= length
    return bytes.subarray(0, length)
  }
  const countSync = (): void => {
    faults.syncs += 1
    if (faults.syncCode !== undefined) fail(faults.syncCode)
  }
  const fileSystem: FileSystem = {
    ...real,
    write: async (file, bytes) => real.write(file, share(bytes)),
    writeSync: (file, bytes) => real.writeSync(file, share(bytes)),
    fdatasync: async (file) => {
      await faults.syncGate
      countSync()
      await real.fdatasync(file)
    },
    fdatasyncSync: (file) => {
      faults.blockingSyncs += 1
      countSync()
      real.fdatasyncSync(file)
    },
  }
  return { fileSystem, faults }
}

function fail(code: string): never {
  throw Object.assign(new Error(`${code}: made by a test`), { code, syscall: 'write' })
}

/** Puts bytes in place of a file, as an editor or a broken disk would. */
export async function overwrite(fileSystem: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  await fileSystem.remove(path)
  const file = await fileSystem.open(path, 'wx')
  if (bytes.byteLength > 0) await fileSystem.write(file, bytes)
  await fileSystem.close(file)
}
