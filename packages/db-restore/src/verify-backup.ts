import { defineCheck, type CheckFactory } from '@backstep/core'
import * as z from 'zod'
import { backupSchema, type Backup } from './backup.ts'
import { postgresRestoreContacts, type PostgresRestoreClient } from './client.ts'
import { toRollbackError } from './errors.ts'
import { postgresServerOptions, type PostgresServerOptions } from './postgres-options.ts'
import { postgresRestoreClient } from './postgres-restore-client.ts'

export interface VerifyBackupOptions extends PostgresServerOptions {
  /** An output of `findBackup` or `dumpDatabase`. */
  readonly backup: Backup
}

/** Whether a backup is still, byte for byte, what it was. Reads all of it: for `require` before data is given up, not for a trigger. */
export const verifyBackup: CheckFactory<VerifyBackupOptions, PostgresRestoreClient, 'backup'> = defineCheck({
  kind: 'db-restore.verify-backup',
  options: z.strictObject({ ...postgresServerOptions, backup: backupSchema }),
  late: ['backup'],
  client: (options): PostgresRestoreClient => postgresRestoreClient(options),
  contacts: postgresRestoreContacts,
  toRollbackError,
  target: ({ server }) => ({ system: server, name: 'backup' }),
  async sample({ options: { backup }, client }, context) {
    const seen = await client.onDisk(backup.path, context)
    if (seen === undefined) return { status: 'unhealthy', evidence: [], expected: `a backup at ${backup.path}`, actual: 'there is none' }
    const { sha256 } = await client.readWhole(backup.path, context)
    const evidence = [context.evidence('sha256', sha256, backup.path)]
    return sha256 === backup.sha256
      ? { status: 'healthy', evidence }
      : { status: 'unhealthy', evidence, expected: backup.sha256, actual: sha256 }
  },
})
