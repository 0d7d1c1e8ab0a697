import * as z from 'zod'
import { duration, instant, name } from './options.ts'
import { stubQuery } from './stub-reads.ts'
import { stubStep } from './stub-step.ts'

/** The last moment before the deploy to which the server can be restored. */
export const restorePoint = stubQuery({
  kind: 'azure-restore.restore-point',
  options: z.strictObject({ server: name, before: instant }),
  result: z.object({ at: instant, lostWrites: z.string() }),
  target: (o) => o.server,
  answers: { at: '2026-11-22T04:29:59Z', lostWrites: '04:30 until the cut-over' },
})
export const softDelete = stubQuery({
  kind: 'azure-restore.soft-delete',
  options: z.strictObject({ container: name }),
  result: z.object({ isOn: z.boolean() }),
  target: (o) => o.container,
  answers: { isOn: true },
})
export const restorePostgresServer = stubStep({
  kind: 'azure-restore.restore-postgres-server',
  options: z.strictObject({ server: name, at: instant, as: name }),
  receipt: z.object({ host: z.string() }),
  risk: 'reversible',
  traits: { idempotency: 'keyed' },
  late: ['at'],
  target: (o) => `${o.server}/${o.as}`,
  gives: { host: 'shop-pg-restored.postgres.database.azure.com' },
})
/** Nothing brings a deleted server back. */
export const deletePostgresServer = stubStep({
  kind: 'azure-restore.delete-postgres-server',
  options: z.strictObject({ server: name, keptAtLeast: duration }),
  receipt: z.object({ deleted: z.boolean() }),
  risk: 'point-of-no-return',
  target: (o) => o.server,
  gives: { deleted: true },
})
export const promoteSecretVersion = stubStep({
  kind: 'azure-restore.promote-secret-version',
  options: z.strictObject({ vault: name, secret: name, version: name }),
  receipt: z.object({ version: z.string() }),
  risk: 'reversible',
  target: (o) => `${o.vault}/${o.secret}`,
  gives: { version: '3f1c' },
})
export const undeleteBlobs = stubStep({
  kind: 'azure-restore.undelete-blobs',
  options: z.strictObject({ container: name, prefix: name, deletedSince: instant }),
  receipt: z.object({ restored: z.int() }),
  risk: 'reversible',
  target: (o) => `${o.container}/${o.prefix}`,
  gives: { restored: 31 },
})
export const copyBlobs = stubStep({
  kind: 'azure-restore.copy-blobs',
  options: z.strictObject({ container: name, prefix: name, from: name }),
  receipt: z.object({ copied: z.int() }),
  risk: 'reversible',
  target: (o) => `${o.container}/${o.prefix}`,
  gives: { copied: 31 },
})
