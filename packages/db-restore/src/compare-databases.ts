import {
  defineCheck,
  defineQuery,
  durationMs,
  type CheckFactory,
  type Duration,
  type JsonObject,
  type QueryFactory,
  type StepContext,
} from '@backstep/core'
import { postgresClient, sqlContacts, type SqlClient } from '@backstep/postgres'
import * as z from 'zod'
import { contentOf, differencesOf, type ContentDifference } from './database-content.ts'
import { toRollbackError } from './errors.ts'
import { databaseName, duration, postgresServerOptions, type PostgresServerOptions } from './postgres-options.ts'

export interface CompareDatabasesOptions extends Omit<PostgresServerOptions, 'binaries'> {
  /** The live database. */
  readonly one: string
  /** The restored one: an output of `restoreBeside` in the check. */
  readonly other: string
  /** How long one group of tables may take. Default `'10m'`. */
  readonly timeout?: Duration | undefined
}

export interface DatabasesAlikeOptions extends CompareDatabasesOptions {
  /** Tables that may differ, as `schema.table`: those that were written to since the backup, each with a reason in the plan. */
  readonly except?: readonly string[] | undefined
}

const fields = {
  server: postgresServerOptions.server,
  url: postgresServerOptions.url,
  one: databaseName,
  other: databaseName,
  timeout: duration.default('10m'),
}
const difference = z.object({ what: z.string(), one: z.string(), other: z.string() })
export type DatabaseComparison = JsonObject & {
  readonly isAlike: boolean
  readonly tables: number
  readonly rows: string
  readonly differences: ContentDifference[]
}

/** The most differences that are sealed into a plan. */
const mostShown = 200

/**
 * Compares two databases of one server: rows and contents of every table, sequences, owners, extensions, encoding and collation. Equal counts
 * hide changed rows, so the rows themselves are summed, whatever their order. Both have to be there at preview; in a plan that restores first, use
 * `databasesAlike`.
 */
export const compareDatabases: QueryFactory<CompareDatabasesOptions, DatabaseComparison, SqlClient> = defineQuery({
  kind: 'db-restore.compare-databases',
  options: z.strictObject(fields),
  result: z.object({ isAlike: z.boolean(), tables: z.int(), rows: z.string(), differences: z.array(difference) }),
  client: ({ url }): SqlClient => postgresClient({ url }),
  contacts: sqlContacts,
  toRollbackError,
  target: ({ server, one }) => ({
    system: typeof server === 'string' ? server : 'chosen by another query',
    name: typeof one === 'string' ? one : 'chosen by another query',
  }),
  async read({ options, client }, context) {
    const { differences, tables, rows } = await compare(client, options, context)
    return { isAlike: differences.length === 0, tables, rows: String(rows), differences: differences.slice(0, mostShown) }
  },
})

/** The same as a check, for `require` between `restoreBeside` and `swapDatabases`. */
export const databasesAlike: CheckFactory<DatabasesAlikeOptions, SqlClient, 'one' | 'other'> = defineCheck({
  kind: 'db-restore.databases-alike',
  options: z.strictObject({ ...fields, except: z.array(z.string()).default([]) }),
  late: ['one', 'other'],
  client: ({ url }): SqlClient => postgresClient({ url }),
  contacts: sqlContacts,
  toRollbackError,
  target: ({ server }) => ({ system: server, name: 'two databases' }),
  async sample({ options, client }, context) {
    const { differences, tables, rows } = await compare(client, options, context)
    const excepted = new Set(options.except.map((name) => `table ${name}`))
    const left = differences.filter(({ what }) => !excepted.has(what))
    const evidence = [context.evidence('compared', `${tables} tables, ${rows} rows`, `${options.one} and ${options.other}`)]
    if (left.length === 0) return { status: 'healthy', evidence }
    const shown = left.slice(0, 20).map(({ what, one, other }) => `${what}: ${one} / ${other}`)
    return {
      status: 'unhealthy',
      evidence,
      expected: `${options.other} as ${options.one}`,
      actual: `${left.length} differences: ${shown.join('; ')}`,
    }
  },
})

async function compare(
  client: SqlClient,
  { one, other, timeout }: { readonly one: string; readonly other: string; readonly timeout: Duration },
  context: StepContext,
): Promise<{ readonly differences: readonly ContentDifference[]; readonly tables: number; readonly rows: bigint }> {
  const limitMs = durationMs(timeout)
  const [left, right] = [await contentOf(client, one, limitMs, context), await contentOf(client, other, limitMs, context)]
  const counts = Object.values(left.tables).map(({ rows }) => BigInt(rows))
  return { differences: differencesOf(left, right), tables: counts.length, rows: counts.reduce((sum, rows) => sum + rows, 0n) }
}
