import type { Position, StepContext } from '@backstep/core'
import { isBusy, readOnly, sessionName } from '@backstep/postgres'
import * as z from 'zod'
import { backupSchema, type Backup } from './backup.ts'
import type { PostgresRestoreClient } from './client.ts'
import { databaseNamed, databaseShape, lookAtServer, type DatabaseShape, type ServerLook } from './databases.ts'

/** What a preparation of `restoreBeside` keeps. */
export type RestorePrepared = {
  readonly system: string
  readonly as: string
  /** The mark in the comment of the database: of this preparation, or of the one that restored the same backup before. */
  readonly mark: string
  readonly backup: Backup
  readonly shape?: DatabaseShape | undefined
}

/** What `restoreBeside` has made. */
export type RestoreReceipt = { readonly database: string; readonly oid: number; readonly sha256: string }

export const restoreSchema: z.core.$ZodType<RestorePrepared> = z.object({
  system: z.string(),
  as: z.string(),
  mark: z.string(),
  backup: backupSchema,
  shape: z.optional(databaseShape),
})
export const restoreReceipt: z.core.$ZodType<RestoreReceipt> = z.object({ database: z.string(), oid: z.int(), sha256: z.string() })

/** The name under which a database is built: nobody asks for it, and only one preparation has it. */
export function privateName({ as, mark }: Pick<RestorePrepared, 'as' | 'mark'>): string {
  return `${as}_${mark.slice(0, 12)}`
}

/** The comment of a restored database: who made it, from which bytes. */
export function restoreNote({ mark, backup }: RestorePrepared): string {
  return `backstep ${mark} restored ${backup.sha256}`
}

/** Mark and hash of a comment that `restoreBeside` wrote. */
export function readRestoreNote(note: string): { readonly mark: string; readonly sha256: string } | undefined {
  const [, mark, sha256] = /^backstep (\S+) restored ([0-9a-f]{64})$/.exec(note) ?? []
  return mark === undefined || sha256 === undefined ? undefined : { mark, sha256 }
}

/** Where a server is relative to one restore. The database is known by its comment, wherever its name went. */
export function restorePosition(
  look: ServerLook,
  prepared: RestorePrepared,
  receipt: RestoreReceipt | undefined,
): Position<RestoreReceipt> {
  const { as, system, backup } = prepared
  if (look.system !== system) return { at: 'elsewhere', detail: `another server answers: ${look.system}, not ${system}` }
  const ours = look.databases.find(({ note }) => note === restoreNote(prepared))
  if (ours !== undefined && ours.name !== as) return { at: 'elsewhere', detail: `the restored database is now called ${ours.name}` }
  if (ours !== undefined && receipt !== undefined && receipt.oid !== ours.oid)
    return { at: 'elsewhere', detail: `${as} was made again by somebody else` }
  if (ours !== undefined) return { at: 'after', receipt: { database: as, oid: ours.oid, sha256: backup.sha256 } }
  if (look.own > 0) return { at: 'unknown', detail: 'sessions of an earlier attempt are still at work' }
  if (databaseNamed(look, as) !== undefined) return { at: 'elsewhere', detail: `there is a database ${as}, and it is not of this restore` }
  const half = databaseNamed(look, privateName(prepared))
  return half === undefined ? { at: 'before' } : { at: 'between', detail: `${half.name} is half built` }
}

export async function probeRestore(
  client: PostgresRestoreClient,
  prepared: RestorePrepared,
  receipt: RestoreReceipt | undefined,
  context: StepContext,
): Promise<Position<RestoreReceipt>> {
  try {
    const name = sessionName('probe', 'restore')
    const look = await readOnly(client, context, { name }, (session) => lookAtServer(session, prepared.mark))
    return restorePosition(look, prepared, receipt)
  } catch (error) {
    if (isBusy(error)) return { at: 'unknown', detail: error.message }
    throw error
  }
}
