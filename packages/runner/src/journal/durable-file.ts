import { dirname, join } from 'node:path'
import type { FileSystem } from './file-system.ts'
import { errorCode } from './file-system.ts'

const chunkBytes = 1024 * 1024

/** Writes everything or throws: one write may take fewer bytes than it was given. */
export async function writeAll(fileSystem: FileSystem, file: number, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength;) written += counted(await fileSystem.write(file, bytes.subarray(written)))
}

/** The same without leaving this turn of the event loop. */
export function writeAllSync(fileSystem: FileSystem, file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.byteLength;)
    written += counted(fileSystem.writeSync(file, written === 0 ? bytes : bytes.subarray(written)))
}

function counted(written: number): number {
  if (written > 0) return written
  throw Object.assign(new Error('the file takes no more bytes'), { code: 'EIO' })
}

/** Puts a whole file in place: after a crash there is the old one or the new one, never a half. */
export async function replaceFile(
  fileSystem: FileSystem,
  path: string,
  bytes: Uint8Array,
  options?: { readonly isDurable?: boolean },
): Promise<void> {
  const temporary = `${path}.new`
  await fileSystem.remove(temporary)
  const file = await fileSystem.open(temporary, 'wx')
  try {
    await writeAll(fileSystem, file, bytes)
    if (options?.isDurable !== false) await fileSystem.fdatasync(file)
  } finally {
    await fileSystem.close(file)
  }
  await fileSystem.rename(temporary, path)
  if (options?.isDurable !== false) await fileSystem.syncDirectory(dirname(path))
}

/** The bytes of a file in pieces of 1 MiB, up to the length it has when reading starts. Each piece is a buffer of its own. */
export async function* chunksOf(fileSystem: FileSystem, file: number, from = 0): AsyncGenerator<Buffer> {
  const end = fileSystem.stat(file).bytes
  for (let position = from; position < end;) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, end - position))
    const bytes = await fileSystem.read(file, chunk, position)
    if (bytes === 0) return
    yield bytes === chunk.byteLength ? chunk : chunk.subarray(0, bytes)
    position += bytes
  }
}

/** A whole file; `undefined` when it is not there. */
export async function readWhole(fileSystem: FileSystem, path: string): Promise<Buffer | undefined> {
  const file = await openToRead(fileSystem, path)
  if (file === undefined) return undefined
  try {
    const chunks: Buffer[] = []
    for await (const chunk of chunksOf(fileSystem, file)) chunks.push(chunk)
    return Buffer.concat(chunks)
  } finally {
    await fileSystem.close(file)
  }
}

/** `undefined` when it is not there. */
export async function openToRead(fileSystem: FileSystem, path: string): Promise<number | undefined> {
  try {
    return await fileSystem.open(path, 'r')
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/** Makes a folder and its parents, each durable in the one above it. `false` when it was there already. */
export async function makeDirectories(fileSystem: FileSystem, path: string): Promise<boolean> {
  let isNew: boolean
  try {
    isNew = await fileSystem.makeDirectory(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error
    await makeDirectories(fileSystem, dirname(path))
    isNew = await fileSystem.makeDirectory(path)
  }
  if (isNew) await fileSystem.syncDirectory(dirname(path))
  return isNew
}

/** The names in a folder; none when it is not there. */
export async function namesIn(fileSystem: FileSystem, path: string): Promise<readonly string[]> {
  try {
    return await fileSystem.list(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

/** Removes what an earlier process left half-written in a folder. */
export async function removeLeftovers(fileSystem: FileSystem, path: string, isLeftover: (name: string) => boolean): Promise<void> {
  for (const name of await namesIn(fileSystem, path)) if (isLeftover(name)) await fileSystem.remove(join(path, name))
}
