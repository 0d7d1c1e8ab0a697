import * as z from 'zod'
import { keptDataSchema, type KeptData } from './kept-data.ts'
import type { MigrationClient } from './client.ts'
import type { HistoryLook, MigrationOptions, MigrationTool, SqlStatement } from './migration-tool.ts'

const statementSchema = z.object({
  text: z.string(),
  values: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])),
})

/** What an undo of migrations captured when it was prepared. */
export type UndoPrepared = {
  /** Lease of the database, which names it for good. */
  readonly database: string
  /** Of the history: never the same again after a write. */
  readonly generation: string
  readonly before: { readonly live: string; readonly fingerprint: string; readonly version: string }
  readonly target: { readonly live: string; readonly version: string }
}

export const undoPreparedSchema: z.ZodType<UndoPrepared> = z.object({
  database: z.string(),
  generation: z.string(),
  before: z.object({ live: z.string(), fingerprint: z.string(), version: z.string() }),
  target: z.object({ live: z.string(), version: z.string() }),
})

/** Both directions as they are sent. */
export type UndoSnapshot = {
  readonly kept: readonly KeptData[]
  /** The most rows of each of `kept` that may be taken out of use. */
  readonly rowsAtMost: readonly number[]
  readonly forward: readonly SqlStatement[]
  readonly back: readonly SqlStatement[]
}

export const undoSnapshotSchema: z.ZodType<UndoSnapshot> = z.object({
  kept: z.array(keptDataSchema),
  rowsAtMost: z.array(z.number()),
  forward: z.array(statementSchema),
  back: z.array(statementSchema),
})

export type UndoReceipt = {
  /** Version, revision or changeset that the database is at. */
  readonly version: string
  /** Of the schema, right after the undo. */
  readonly fingerprint: string
  /** Schema that holds everything that was kept; empty when nothing was. */
  readonly keptIn: string
}

export const undoReceiptSchema: z.ZodObject<{ version: z.ZodString; fingerprint: z.ZodString; keptIn: z.ZodString }> = z.object({
  version: z.string(),
  fingerprint: z.string(),
  keptIn: z.string(),
})

/** Options that every undo has, beside those of its tool. */
export interface UndoSettings extends MigrationOptions {
  /** The version, revision or changeset that stays applied. Never a relative one. */
  readonly to: string
  /** `keep`: what cannot be kept refuses the undo. `accept`: it is lost, and a person has to accept that. */
  readonly losses: 'keep' | 'accept'
  readonly rowsAtMost?: number | undefined
  /** More schemas that belong to the application: their objects are compared too. */
  readonly schemas: readonly string[]
  readonly lockTimeoutMs: number
  readonly statementTimeoutMs: number
}

/** One undo at work. */
export interface UndoWork<O extends UndoSettings, L extends HistoryLook> {
  readonly tool: MigrationTool<O, L>
  readonly options: Omit<O, 'to'>
  readonly client: MigrationClient
  readonly prepared: UndoPrepared
  readonly snapshot: UndoSnapshot
  readonly mark: string
  readonly receipt: UndoReceipt | undefined
}
