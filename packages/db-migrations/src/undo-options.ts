import type { Secret } from '@backstep/core'
import { databaseOptions } from '@backstep/postgres'
import * as z from 'zod'

/** Options that the undo of every tool takes. */
export interface UndoOptions {
  /** Secret with the URL of the database: `postgresql://role:password@host:5432/database`. The server itself, not a pooler. */
  readonly url: Secret
  /** The version, revision or changeset that stays applied; everything newer is undone. An absolute name, never a number of steps. */
  readonly to: string
  /** Schema of the history, in which unqualified names of the scripts are looked up first. Default `'public'`. */
  readonly schema?: string | undefined
  /** More schemas of the application. Their objects belong to what is compared. Default none. */
  readonly schemas?: readonly string[] | undefined
  /**
   * `keep`: data that the undo takes away is kept beside, and what cannot be kept refuses the undo. `accept`: that is lost; the step has then
   * the risk `data-loss`. Default `keep`.
   */
  readonly losses?: 'keep' | 'accept' | undefined
  /** The most rows of one table or column that may be taken out of use. More refuse the step, also when they arrive after the approval. */
  readonly rowsAtMost?: number | undefined
  /** How long a statement may wait for a lock. Default 2,000: whoever waits longer stops everybody who comes after. */
  readonly lockTimeoutMs?: number | undefined
  /** Default 60,000. */
  readonly statementTimeoutMs?: number | undefined
}

const relative = /^(?:[-+]\d+|head|heads|base|latest|previous|current|.*[~^@][\d{].*)$/i

/** The fields of `UndoOptions`, to spread into the options schema of a step. */
export const undoOptions: {
  readonly url: typeof databaseOptions.url
  readonly to: z.ZodString
  readonly schema: z.ZodDefault<z.ZodString>
  readonly schemas: z.ZodDefault<z.ZodArray<z.ZodString>>
  readonly losses: z.ZodDefault<z.ZodEnum<{ keep: 'keep'; accept: 'accept' }>>
  readonly rowsAtMost: z.ZodOptional<z.ZodInt>
  readonly lockTimeoutMs: z.ZodDefault<z.ZodInt>
  readonly statementTimeoutMs: z.ZodDefault<z.ZodInt>
} = {
  ...databaseOptions,
  to: z
    .string()
    .min(1)
    .refine((to) => !relative.test(to), {
      error: 'expected the name of one version, not a relative target: it means something else after each undo',
    }),
  schema: z.string().min(1).default('public'),
  schemas: z.array(z.string().min(1)).default([]),
  losses: z.enum(['keep', 'accept']).default('keep'),
  rowsAtMost: z.int().nonnegative().optional(),
  lockTimeoutMs: z.int().positive().default(2000),
  statementTimeoutMs: z.int().positive().default(60_000),
}
