import { defineStep, type Instant, type StepFactory } from '@backstep/core'
import { postgresClient, sqlContacts, type SqlClient } from '@backstep/postgres'
import * as z from 'zod'
import { toRollbackError } from './errors.ts'
import { databaseName, instant, postgresServerOptions, type PostgresServerOptions } from './postgres-options.ts'
import { prepareSwap } from './prepare-swap.ts'
import { drifted, exchangeNames, probeSwap, swapPosition, swapReceipt, swapSchema, type SwapReceipt } from './swapped-databases.ts'

export interface SwapDatabasesOptions extends Omit<PostgresServerOptions, 'binaries'> {
  /** The name that applications use. */
  readonly live: string
  /** The restored database: an output of `restoreBeside`. */
  readonly side: string
  /** The name that the old live database gets. It stays there until a plan of its own retires it. */
  readonly keepAs: string
  /** When the data of `side` was taken: writes from then on are not in it. Shown to the approver. */
  readonly dataOf?: Instant | undefined
}

/**
 * Makes a restored database the live one: both renames in one transaction, other sessions ended meanwhile. The old database stays whole under
 * `keepAs`. Applications reconnect under the same name; the gap that they see is about a tenth of a second.
 *
 * What was written to the live database since the backup is not in the restored one, so a person accepts the loss. Going back exchanges the
 * names again; what was written since the swap then stays in `side`.
 */
export const swapDatabases: StepFactory<SwapDatabasesOptions, SwapReceipt, 'data-loss', SqlClient, 'side' | 'dataOf'> = defineStep({
  kind: 'db-restore.swap-databases',
  options: z.strictObject({
    server: postgresServerOptions.server,
    url: postgresServerOptions.url,
    live: databaseName,
    side: databaseName,
    keepAs: databaseName,
    dataOf: z.optional(instant),
  }),
  late: ['side', 'dataOf'],
  prepared: swapSchema,
  receipt: swapReceipt,
  traits: { risk: 'data-loss', idempotency: 'natural', fencing: 'conditional-write', layer: 'data' },
  client: ({ url }): SqlClient => postgresClient({ url }),
  contacts: sqlContacts,
  toRollbackError,
  target: ({ server, live }) => ({ system: server, name: live }),
  prepare: ({ options, client }, context) => prepareSwap(client, options, context),
  probe: ({ prepared, client }, context) => probeSwap(client, prepared, context),
  async execute({ prepared, mark, client }, context) {
    const look = await exchangeNames(client, prepared, 'swap', mark, context)
    const at = swapPosition(look, prepared)
    if (at.at === 'elsewhere') throw drifted(at.detail)
    return { database: prepared.live, oid: prepared.sideOid, keptAs: prepared.keep, keptOid: prepared.liveOid }
  },
  async verify({ prepared, receipt, client }, context) {
    const at = await probeSwap(client, prepared, context)
    const evidence = [
      context.evidence(
        `oid behind ${prepared.live}`,
        at.at === 'after' ? String(at.receipt.oid) : at.at,
        `pg_database of ${prepared.system}`,
      ),
    ]
    if (at.at === 'after') return { status: 'healthy', evidence }
    if (at.at === 'unknown') return { status: 'unknown', evidence, reason: at.detail }
    return { status: 'unhealthy', evidence, expected: `${prepared.live} is oid ${receipt.oid}`, actual: 'detail' in at ? at.detail : at.at }
  },
  async compensate({ prepared, mark, client }, context) {
    const look = await exchangeNames(client, prepared, 'back', mark, context)
    const counted = look.databases.find(({ oid }) => oid === prepared.sideOid)?.rowChanges ?? prepared.sideChanges
    const changes = BigInt(counted) - BigInt(prepared.sideChanges)
    const where = `pg_stat_database of ${prepared.system}`
    return {
      evidence: [context.evidence(`row changes in the restored database while it was ${prepared.live}`, String(changes), where)],
      ...(changes > 0n
        ? { notRestored: [{ what: `about ${changes} row changes since the swap`, why: `they are in ${prepared.side}, which is kept` }] }
        : {}),
    }
  },
})
