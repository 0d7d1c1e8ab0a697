import * as z from 'zod'

/**
 * How a backup is stored.
 *
 * - `custom`, `directory`, `tar`: archives of `pg_dump`, read by `pg_restore`.
 * - `plain`: SQL text, read by `psql`.
 * - `gzip`: SQL text, compressed.
 */
export type BackupFormat = 'custom' | 'directory' | 'tar' | 'plain' | 'gzip'

/** What the header of a backup says. */
export type BackupFacts = {
  readonly format: BackupFormat
  /** The database it was taken of; empty where the backup does not say. */
  readonly database: string
  /** `15.18`; empty where the backup does not say. */
  readonly serverVersion: string
  /** Of the pg_dump that wrote it. */
  readonly toolVersion: string
  /** Tables whose rows are in it. */
  readonly tables: number
  /** Roles that own something in it. */
  readonly owners: readonly string[]
  readonly extensions: readonly string[]
}

/** A backup that was read whole: what it is, and how to see later that it is still the same. */
export type Backup = BackupFacts & {
  /** Absolute, on the machine that runs the plan. */
  readonly path: string
  readonly bytes: number
  readonly modifiedAtMs: number
  readonly sha256: string
}

export const backupSchema: z.core.$ZodType<Backup, Backup> = z.object({
  format: z.enum(['custom', 'directory', 'tar', 'plain', 'gzip']),
  database: z.string(),
  serverVersion: z.string(),
  toolVersion: z.string(),
  tables: z.int(),
  owners: z.array(z.string()),
  extensions: z.array(z.string()),
  path: z.string(),
  bytes: z.int(),
  modifiedAtMs: z.number(),
  sha256: z.string(),
})

/** `15` of `15.18 (Debian 15.18-0+deb12u1)` and of `18beta2`; undefined when there is none. */
export function majorOf(version: string): number | undefined {
  const [, major] = /^(\d+)/.exec(version) ?? []
  return major === undefined ? undefined : Number(major)
}
