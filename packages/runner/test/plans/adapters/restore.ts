import { secretOption } from '@backstep/core'
import * as z from 'zod'
import { duration, instant, name } from './options.ts'
import { stubQuery } from './stub-reads.ts'
import { stubStep } from './stub-step.ts'

const database = { database: name, url: secretOption() }

/** The newest backup before a moment that was restored somewhere once. */
export const pickBackup = stubQuery({
  kind: 'db-restore.pick-backup',
  options: z.strictObject({ catalogue: name, before: instant, verified: z.literal(true) }),
  result: z.object({ backup: z.string(), format: z.enum(['custom', 'plain']), takenAt: instant }),
  target: (o) => o.catalogue,
  answers: { backup: 's3/porttrack/0400.dump', format: 'custom', takenAt: '2026-11-22T04:00:00Z' },
})
export const backupAge = stubQuery({
  kind: 'db-restore.backup-age',
  options: z.strictObject({ catalogue: name, fresh: duration }),
  result: z.object({ isFresh: z.boolean(), newest: z.string() }),
  target: (o) => o.catalogue,
  answers: { isFresh: false, newest: 'backups/0100.dump' },
})
/** A file beside the others; nothing of the database changes. */
export const dumpPostgres = stubStep({
  kind: 'db-restore.dump-postgres',
  options: z.strictObject({ ...database, to: name }),
  receipt: z.object({ file: z.string(), sha256: z.string() }),
  risk: 'reversible',
  traits: { idempotency: 'keyed' },
  target: (o) => o.database,
  gives: { file: 'backups/0430.dump', sha256: 'c0ffee' },
})
export const restorePostgresBeside = stubStep({
  kind: 'db-restore.restore-postgres-beside',
  options: z.strictObject({ ...database, backup: name, as: name }),
  receipt: z.object({ side: z.string(), rows: z.int() }),
  risk: 'reversible',
  late: ['backup'],
  target: (o) => o.database,
  gives: { side: 'porttrack_0400', rows: 48_211 },
})
/** The side database takes the name; the live one is kept under another. */
export const swapPostgres = stubStep({
  kind: 'db-restore.swap-postgres',
  options: z.strictObject({ ...database, side: name }),
  receipt: z.object({ kept: z.string() }),
  risk: 'data-loss',
  traits: { fencing: 'lease-only', layer: 'data' },
  late: ['side'],
  target: (o) => o.database,
  gives: { kept: 'porttrack_before_swap' },
})
export const restoreRedis = stubStep({
  kind: 'db-restore.restore-redis',
  options: z.strictObject({ instance: name, file: name, appendOnly: z.enum(['rebuild', 'refuse']) }),
  receipt: z.object({ keys: z.int() }),
  risk: 'data-loss',
  traits: { fencing: 'lease-only', layer: 'data' },
  target: (o) => o.instance,
  gives: { keys: 1204 },
})
export const restoreMongo = stubStep({
  kind: 'db-restore.restore-mongo',
  options: z.strictObject({ database: name, archive: name, dumpFirst: z.literal(true) }),
  receipt: z.object({ collections: z.int() }),
  risk: 'data-loss',
  traits: { fencing: 'lease-only', layer: 'data' },
  late: ['archive'],
  target: (o) => o.database,
  gives: { collections: 12 },
})
