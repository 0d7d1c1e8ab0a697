import { plainCause, RollbackError } from '@backstep/core'
import { postgresClient, type SqlClient } from '@backstep/postgres'
import type { Backup, BackupFacts } from './backup.ts'
import { detect, discard, freeBytes, hashOfFiles, listBackups, noteOf, onDisk, publish, readPlain } from './backup-files.ts'
import { factsOfList } from './backup-header.ts'
import type { PostgresRestoreClient, ToolCall } from './client.ts'
import { dump, listArchive, readArchiveWhole, restore, toolMajor, toolSettled, type PostgresToolOptions } from './postgres-tools.ts'

export interface PostgresRestoreClientOptions extends PostgresToolOptions {
  /** Sessions with the server. Default: by the driver of `@backstep/postgres`. */
  readonly sql?: SqlClient
}

/** The server, the tools of PostgreSQL, and the files of backups on this machine. */
export function postgresRestoreClient(options: PostgresRestoreClientOptions): PostgresRestoreClient {
  const sql = options.sql ?? postgresClient({ url: options.url })
  return {
    connect: (session, context) => sql.connect(session, context),
    toolMajor: (call) => toolMajor(options, call),
    dump: (request, call) => dump(options, request, call),
    restore: (request, call) => restore(options, request, call),
    settled: (name, call) => toolSettled(name, call),
    onDisk: (path) => stored(path, () => onDisk(path)),
    list: (folder) => stored(folder, () => listBackups(folder)),
    noteOf: (path) => stored(path, () => noteOf(path)),
    describe: (path, call) => stored(path, () => describe(options, path, call)),
    readWhole: (path, call) => stored(path, () => readWhole(options, path, call)),
    freeBytes: (folder) => stored(folder, () => freeBytes(folder)),
    publish: (request) => stored(request.to, () => publish(request)),
    discard: (path) => stored(path, () => discard(path)),
  }
}

async function describe(options: PostgresToolOptions, path: string, call: ToolCall): Promise<BackupFacts> {
  const format = await formatAt(path)
  if (format === 'plain' || format === 'gzip') return (await readPlain(path, format, call.abortSignal)).scan.facts(format)
  return factsOfList(await listArchive(options, path, call), format)
}

async function readWhole(options: PostgresToolOptions, path: string, call: ToolCall): Promise<Backup> {
  const format = await formatAt(path)
  const seen = await onDisk(path)
  if (seen === undefined) throw noBackup(path)
  if (format === 'plain' || format === 'gzip') {
    const { scan, sha256 } = await readPlain(path, format, call.abortSignal).catch((cause: unknown) => {
      throw isUnpacking(cause) ? damaged(path, cause) : cause
    })
    if (!scan.isComplete()) throw damaged(path, new Error('its last line is missing'))
    return { ...scan.facts(format), ...seen, sha256 }
  }
  const listing = await listArchive(options, path, call)
  await readArchiveWhole(options, path, call)
  return { ...factsOfList(listing, format), ...seen, sha256: await hashOfFiles(path, call.abortSignal) }
}

async function formatAt(path: string) {
  const format = await detect(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw noBackup(path)
    throw error
  })
  if (format !== undefined) return format
  throw new RollbackError('NOT_SUPPORTED', `${path} is no backup of PostgreSQL, or an empty one`, {
    hint: 'Give a dump of pg_dump: custom, directory, tar, plain, or plain packed by gzip.',
  })
}

function noBackup(path: string): RollbackError {
  return new RollbackError('TARGET_NOT_FOUND', `There is no backup at ${path}`, {
    hint: 'Check the path on the machine that runs the plan.',
  })
}

function damaged(path: string, cause: unknown): RollbackError {
  const why = cause instanceof Error ? cause.message : 'it cannot be unpacked'
  return new RollbackError('PRECONDITION_FAILED', `${path} cannot be read to its end: ${why}`, {
    hint: 'Choose another backup: this one is cut or damaged.',
    cause: plainCause(cause),
  })
}

function isUnpacking(cause: unknown): boolean {
  return codeOf(cause).startsWith('Z_')
}

/** A failure of the file system says nothing about what was written: it is looked at again. */
async function stored<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof RollbackError) throw cause
    const code = codeOf(cause)
    if (code === 'ABORT_ERR')
      throw new RollbackError('ABORTED', `Stopped while reading ${path}`, { hint: 'Resume the run.', effect: 'none' })
    throw new RollbackError('BACKEND_UNAVAILABLE', `${path} cannot be read or written (${code === '' ? 'unknown reason' : code})`, {
      hint: 'Look at the disk and at the rights of the folder, then resume.',
      cause: plainCause(cause),
    })
  }
}

function codeOf(cause: unknown): string {
  const { code } = (cause ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' ? code : ''
}
