import { defineStep, type Secret, type StepFactory } from '@backstep/core'
import { databaseOptions } from '@backstep/postgres'
import { toRollbackError } from '../errors.ts'
import * as z from 'zod'
import { migrationContacts } from '../client.ts'
import { migrationClient } from '../migration-client.ts'
import type { MigrationClient } from '../client.ts'
import { type FixReceipt, fixPreparedSchema, fixReceiptSchema, fixRows, prepareFix, probeFix, putFixBack } from './perform-fix.ts'

/** A question with one number as its answer: `select count(*) from orders where total < 0`. */
export interface RowCheck {
  readonly sql: string
  readonly equals: number
}

export interface DataFixOptions {
  /** Secret with the URL of the database. The server itself, not a pooler. */
  readonly url: Secret
  /** Names the fix in ids and reports. */
  readonly name: string
  /** UPDATE, DELETE and INSERT statements. */
  readonly sql: string
  /** How many rows each statement changes, in their order. Another number takes everything back. */
  readonly rows: readonly number[]
  /** Must hold before: what makes the fix needed. At least one. */
  readonly before: readonly RowCheck[]
  /** Must hold afterwards, inside the transaction and whenever it is verified. At least one. */
  readonly after: readonly RowCheck[]
  /** In which unqualified names are looked up. Default `'public'`. */
  readonly schema?: string | undefined
  /** Default 2,000. */
  readonly lockTimeoutMs?: number | undefined
  /** Default 60,000. */
  readonly statementTimeoutMs?: number | undefined
}

const checks = z.array(z.strictObject({ sql: z.string().min(1), equals: z.int().nonnegative() })).min(1)

/**
 * Repairs rows by hand-written SQL, in one transaction that commits only when every statement changed as many rows as expected and the checks
 * hold before and after. The former rows are kept in a schema `backstep_<mark>` of the same database; going back puts them back where nobody has
 * changed them since, and reports the others.
 *
 * The tables are locked against writers and copied while it runs: not for tables that are too large for that. The checks are the guard, so
 * other rows may change meanwhile.
 *
 * Refused before anything is written: statements other than UPDATE, DELETE and INSERT, a table without primary key, checks that do not hold.
 */
export const fixData: StepFactory<DataFixOptions, FixReceipt, 'reversible', MigrationClient> = defineStep({
  kind: 'postgres.fix-data',
  options: z.strictObject({
    ...databaseOptions,
    name: z.string().min(1),
    sql: z.string().min(1),
    rows: z.array(z.int().nonnegative()).min(1),
    before: checks,
    after: checks,
    schema: z.string().min(1).default('public'),
    lockTimeoutMs: z.int().positive().default(2000),
    statementTimeoutMs: z.int().positive().default(60_000),
  }),
  prepared: fixPreparedSchema,
  receipt: fixReceiptSchema,
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only', layer: 'data' },
  client: ({ url }): MigrationClient => migrationClient({ url }),
  contacts: migrationContacts,
  toRollbackError,
  target: ({ name }) => ({ system: 'postgres', name }),
  prepare: (work, context) => prepareFix(work, context),
  probe: (work, context) => probeFix(work, context),
  execute: (work, context) => fixRows(work, context),
  async verify(work, context) {
    const position = await probeFix(work, context)
    const evidence = [context.evidence('fix', position.at, 'checks and kept rows')]
    if (position.at === 'after') return { status: 'healthy', evidence }
    if (position.at === 'unknown') return { status: 'unknown', evidence, reason: position.detail }
    return {
      status: 'unhealthy',
      evidence,
      expected: 'the fix is in place and its checks hold',
      actual: 'detail' in position ? position.detail : position.at,
    }
  },
  async compensate(work, context) {
    const notRestored = await putFixBack(work, context)
    return { evidence: [context.evidence('fix', 'put back', 'kept rows')], notRestored }
  },
})
