import { join } from 'node:path'
import { defineQuery, RollbackError, type Instant, type JsonObject, type QueryFactory } from '@backstep/core'
import * as z from 'zod'
import { backupSchema, type Backup } from './backup.ts'
import { postgresRestoreContacts, type BackupOnDisk, type PostgresRestoreClient } from './client.ts'
import { toRollbackError } from './errors.ts'
import { absolutePath, instant, postgresServerOptions, type PostgresServerOptions } from './postgres-options.ts'
import { postgresRestoreClient } from './postgres-restore-client.ts'

export interface BackupCatalogOptions extends PostgresServerOptions {
  /** Absolute folder on the machine that runs the plan. */
  readonly folder: string
}

export interface FindBackupOptions extends BackupCatalogOptions {
  /** The name of a file or folder in it. Left out: the newest. */
  readonly file?: string | undefined
  /** The newest that was finished before this moment: before the release, or before the data went bad. */
  readonly before?: Instant | undefined
}

const folderOptions = { ...postgresServerOptions, folder: absolutePath }
/** One backup of a folder. */
export type BackupEntry = {
  readonly path: string
  readonly bytes: number
  readonly modifiedAt: string
  readonly takenAt: string
  readonly sha256: string
}
const entry: z.core.$ZodType<BackupEntry> = z.object({
  path: z.string(),
  bytes: z.int(),
  modifiedAt: z.string(),
  takenAt: z.string(),
  sha256: z.string(),
})
export type BackupCatalog = JsonObject & { readonly backups: BackupEntry[] }
export type FoundBackup = JsonObject & { readonly backup: Backup; readonly path: string; readonly sha256: string; readonly takenAt: string }

/**
 * The backups in a folder, newest first, at most 200. Known by their first bytes; nothing is read to its end. `takenAt` and `sha256` are empty for
 * those that `dumpDatabase` did not write.
 */
export const backupCatalog: QueryFactory<BackupCatalogOptions, BackupCatalog, PostgresRestoreClient> = defineQuery({
  kind: 'db-restore.backup-catalog',
  options: z.strictObject(folderOptions),
  result: z.object({ backups: z.array(entry) }),
  client: (options): PostgresRestoreClient => postgresRestoreClient(options),
  contacts: postgresRestoreContacts,
  toRollbackError,
  target: ({ server, folder }) => ({ system: text(server), name: text(folder) }),
  async read({ options, client }, context) {
    const found = (await client.list(options.folder, context)).slice(0, 200)
    const backups: BackupEntry[] = []
    for (const { path, bytes, modifiedAtMs } of found) {
      const note = await client.noteOf(path, context)
      backups.push({
        path,
        bytes,
        modifiedAt: new Date(modifiedAtMs).toISOString(),
        takenAt: note?.takenAt ?? '',
        sha256: note?.sha256 ?? '',
      })
    }
    return { backups }
  },
})

/**
 * Chooses a backup and reads it whole, as a restore would: one that was cut, damaged or changed is refused here, long before anything is
 * restored. Takes as long as reading does; the answer is sealed into the plan. A damaged bit in an SQL text or in an archive without
 * compression is seen only where a hash was kept: `dumpDatabase` keeps one.
 *
 * It never asks a server, so it says nothing about whether data is lost: that a server cannot be reached is no reason to restore.
 */
export const findBackup: QueryFactory<FindBackupOptions, FoundBackup, PostgresRestoreClient> = defineQuery({
  kind: 'db-restore.find-backup',
  options: z.strictObject({
    ...folderOptions,
    file: z
      .string()
      .regex(/^[^/\\]+$/, 'expected a name without a folder')
      .optional(),
    before: z.optional(instant),
  }),
  result: z.object({ backup: backupSchema, path: z.string(), sha256: z.string(), takenAt: z.string() }),
  client: (options): PostgresRestoreClient => postgresRestoreClient(options),
  contacts: postgresRestoreContacts,
  toRollbackError,
  target: ({ server, folder }) => ({ system: text(server), name: text(folder) }),
  async read({ options, client }, context) {
    const { folder, file, before } = options
    const path = file === undefined ? newestOf(await client.list(folder, context), folder, before).path : join(folder, file)
    const backup = await client.readWhole(path, context)
    const note = await client.noteOf(path, context)
    refuseOtherHash(backup, note?.sha256)
    return { backup, path, sha256: backup.sha256, takenAt: note?.takenAt ?? new Date(backup.modifiedAtMs).toISOString() }
  },
})

/** @throws RollbackError `PRECONDITION_FAILED` when a kept hash says that the bytes are not those that were written. */
export function refuseOtherHash({ path, sha256 }: Backup, kept: string | undefined): void {
  if (kept === undefined || kept === sha256) return
  throw new RollbackError('PRECONDITION_FAILED', `${path} is not what was written: its sha256 is ${sha256}, and was ${kept}`, {
    hint: 'Choose another backup: this one was damaged or changed.',
  })
}

function newestOf(found: readonly BackupOnDisk[], folder: string, before: Instant | undefined): BackupOnDisk {
  const limitMs = before === undefined ? Infinity : Date.parse(before)
  const newest = found.find(({ modifiedAtMs }) => modifiedAtMs < limitMs)
  if (newest !== undefined) return newest
  throw new RollbackError('TARGET_NOT_FOUND', `There is no backup in ${folder}${before === undefined ? '' : ` from before ${before}`}`, {
    hint: 'Check the folder and the time.',
  })
}

/** A server or folder may be the output of another query. */
function text(value: unknown): string {
  return typeof value === 'string' ? value : 'chosen by another query'
}
