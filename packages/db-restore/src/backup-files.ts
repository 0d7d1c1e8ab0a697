import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { plainCause, RollbackError } from '@backstep/core'
import type { BackupFormat } from './backup.ts'
import { formatOf, scanPlain, type PlainScan } from './backup-header.ts'
import type { BackupNote, BackupOnDisk, PublishRequest } from './client.ts'

const headBytes = 512

/** Size and newest time of a backup, a folder with all that is in it; `undefined` when there is none. */
export async function onDisk(path: string): Promise<BackupOnDisk | undefined> {
  const files = await filesOf(path)
  if (files === undefined) return undefined
  const stats = await Promise.all(files.map((file) => stat(file)))
  return {
    path,
    bytes: stats.reduce((sum, { size }) => sum + size, 0),
    modifiedAtMs: Math.max(0, ...stats.map(({ mtimeMs }) => Math.floor(mtimeMs))),
  }
}

/** Backups in a folder by their first bytes, newest first. What is still being written is not one. */
export async function listBackups(folder: string): Promise<readonly BackupOnDisk[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new RollbackError('TARGET_NOT_FOUND', `${folder} cannot be listed`, {
      hint: 'Check the folder of the backups.',
      cause: plainCause(cause),
    })
  })
  const found: BackupOnDisk[] = []
  for (const name of names.filter((one) => !isOurs(one))) {
    const path = join(folder, name)
    const seen = (await detect(path).catch(() => undefined)) === undefined ? undefined : await onDisk(path)
    if (seen !== undefined) found.push(seen)
  }
  return found.toSorted((one, other) => other.modifiedAtMs - one.modifiedAtMs || one.path.localeCompare(other.path))
}

/** The format, or `undefined` for what is no backup. */
export async function detect(path: string): Promise<BackupFormat | undefined> {
  const seen = await stat(path)
  if (seen.isDirectory()) return (await exists(join(path, 'toc.dat'))) ? 'directory' : undefined
  const handle = await open(path)
  try {
    const head = Buffer.alloc(headBytes)
    const { bytesRead } = await handle.read(head, 0, headBytes, 0)
    return formatOf(head.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

/** SHA-256 over the bytes of a file, or of all files of a folder in the order of their names. Streamed: memory does not grow with the size. */
export async function hashOfFiles(path: string, abortSignal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const files = (await filesOf(path)) ?? []
  for (const file of files) {
    if (files.length > 1) hash.update(`${basename(file)}\n`)
    for await (const chunk of createReadStream(file, { signal: abortSignal, highWaterMark: 1_048_576 })) hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}

/** Reads SQL text to its end, unpacking it where needed, and hashes the file on the way. */
export async function readPlain(
  path: string,
  format: 'plain' | 'gzip',
  abortSignal: AbortSignal,
): Promise<{ readonly scan: PlainScan; readonly sha256: string }> {
  const hash = createHash('sha256')
  const scan = scanPlain(path)
  const file = Readable.from(hashed(createReadStream(path, { signal: abortSignal }), hash))
  const text = format === 'gzip' ? file.pipe(createGunzip()) : file
  const failed = Promise.withResolvers<never>()
  for (const stream of [file, text]) stream.once('error', failed.reject)
  failed.promise.catch(() => undefined)
  const read = async (): Promise<void> => {
    for await (const line of createInterface({ input: text, crlfDelay: Infinity })) scan.line(line)
  }
  await Promise.race([read(), failed.promise])
  return { scan, sha256: hash.digest('hex') }
}

async function* hashed(chunks: AsyncIterable<unknown>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk as Buffer)
    yield chunk as Buffer
  }
}

export async function noteOf(path: string): Promise<BackupNote | undefined> {
  const text = await readFile(notePath(path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as BackupNote
  } catch {
    return undefined // cut by a crash while it was written; it is written again before the dump gets its name
  }
}

/** Note first, then the name: on disk in this order, so a power failure leaves no dump without its note. */
export async function publish({ from, to, note }: PublishRequest): Promise<void> {
  await Promise.all(((await filesOf(from)) ?? []).map(synced))
  await writeFile(`${notePath(to)}.part`, JSON.stringify(note), { mode: 0o600, flush: true })
  await rename(`${notePath(to)}.part`, notePath(to))
  await synced(dirname(to))
  await rename(from, to)
  await synced(dirname(to))
}

export async function discard(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}

/** Of the folder, or of the nearest one above it that is there. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } =
    (await statfs(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && dirname(folder) !== folder) return undefined
      throw error
    })) ?? {}
  return bavail === undefined || bsize === undefined ? freeBytes(dirname(folder)) : bavail * bsize
}

export function notePath(path: string): string {
  return `${path}.backstep.json`
}

function isOurs(name: string): boolean {
  return name.endsWith('.part') || name.endsWith('.backstep.json')
}

async function filesOf(path: string): Promise<readonly string[] | undefined> {
  const seen = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (seen === undefined) return undefined
  return seen.isDirectory() ? (await readdir(path)).toSorted().map((name) => join(path, name)) : [path]
}

async function synced(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
