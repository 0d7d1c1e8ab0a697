import { isAbsolute } from 'node:path'
import { durationMs, secretOption, type Duration, type Instant, type Secret } from '@backstep/core'
import * as z from 'zod'

/** Which server, and with what. */
export interface PostgresServerOptions {
  /** What people call the server: `'orders-db'`. Names the target in previews; the address is in the secret. */
  readonly server: string
  /** `postgresql://user:password@host:port/database`, as a reference. Its database is where the step works from: not one that it changes. */
  readonly url: Secret
  /** Absolute folder of `pg_dump`, `pg_restore` and `psql`. Default: the PATH of this process. */
  readonly binaries?: string | undefined
}

export const absolutePath: z.ZodString = z.string().refine((path) => isAbsolute(path), 'expected an absolute path')

/** A name that the server keeps whole, with room for what steps add while they build. */
export const databaseName: z.ZodString = z.string().min(1).max(50)

/** The fields of `PostgresServerOptions`, to spread into the options schema of a step. */
export const postgresServerOptions: {
  readonly server: z.ZodString
  readonly url: z.core.$ZodType<Secret, Secret>
  readonly binaries: z.ZodOptional<z.ZodString>
} = {
  server: z.string().min(1),
  url: secretOption(),
  binaries: absolutePath.optional(),
}

export const instant: z.core.$ZodType<Instant, Instant> = z.custom<Instant>(
  (value) => typeof value === 'string' && value.endsWith('Z') && !Number.isNaN(Date.parse(value)),
  'expected a moment in UTC, such as 2026-11-22T04:30:00Z',
)

export const duration: z.ZodCustom<Duration, Duration> = z.custom<Duration>(isDuration, 'expected a time with its unit, such as 15m')

function isDuration(value: unknown): boolean {
  try {
    return typeof value === 'string' && durationMs(value as Duration) > 0
  } catch {
    return false
  }
}
