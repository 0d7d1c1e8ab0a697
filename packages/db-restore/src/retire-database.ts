import { defineStep, RollbackError, type Finding, type Position, type StepContext, type StepFactory } from '@backstep/core'
import { identifier, isBusy, postgresClient, readOnly, sessionName, sqlContacts, withSession, type SqlClient } from '@backstep/postgres'
import * as z from 'zod'
import { databaseNamed, databaseResource, leasesOf, lookAtServer, requiredDatabase, type ServerLook } from './databases.ts'
import { toRollbackError } from './errors.ts'
import { databaseName, postgresServerOptions, type PostgresServerOptions } from './postgres-options.ts'

export interface RetireDatabaseOptions extends Omit<PostgresServerOptions, 'binaries'> {
  /** The database that was kept by `swapDatabases`. */
  readonly database: string
  /** The live one, which stays. It has to be there: the only copy is never dropped. */
  readonly live: string
}

const prepared = z.object({ system: z.string(), database: z.string(), oid: z.int(), liveOid: z.int() })
type Prepared = { readonly system: string; readonly database: string; readonly oid: number; readonly liveOid: number }
/** Of a database that was gone already. */
const noOid = 0

/** The database that is gone. */
export type RetireReceipt = { readonly database: string; readonly oid: number }
const receipt: z.core.$ZodType<RetireReceipt> = z.object({ database: z.string(), oid: z.int() })

/**
 * Drops a database that was kept after a swap. A point of no return, so it belongs into a plan of its own, days after the swap. One that anybody
 * is connected to is refused, and so is one without a live database beside it.
 */
export const retireDatabase: StepFactory<RetireDatabaseOptions, RetireReceipt, 'point-of-no-return', SqlClient> = defineStep({
  kind: 'db-restore.retire-database',
  options: z.strictObject({
    server: postgresServerOptions.server,
    url: postgresServerOptions.url,
    database: databaseName,
    live: databaseName,
  }),
  prepared,
  receipt,
  traits: { risk: 'point-of-no-return', idempotency: 'natural', fencing: 'conditional-write', layer: 'data' },
  client: ({ url }): SqlClient => postgresClient({ url }),
  contacts: sqlContacts,
  toRollbackError,
  target: ({ server, database }) => ({ system: server, name: database }),
  async prepare({ options, client }, context) {
    const { server, database, live } = options
    const look = await readOnly(client, context, { name: sessionName('prepare', 'retire') }, (session) => lookAtServer(session))
    const [old, stays] = [databaseNamed(look, database), requiredDatabase(look, live)]
    const resource = databaseResource(server, database)
    const dataLoss = { what: `everything that is only in ${database}` }
    return {
      prepared: { system: look.system, database, oid: old?.oid ?? noOid, liveOid: stays.oid },
      summary: `Drop the database ${database} of ${server} for good`,
      changes: old === undefined ? [] : [{ resource, action: 'delete', before: `oid ${old.oid}`, dataLoss }],
      guards: [{ resource, property: 'oid', equals: String(old?.oid ?? 'none') }],
      leases: leasesOf(look, old === undefined ? [] : [old.oid], [database]),
      risk: old === undefined ? [] : ['point-of-no-return'],
      findings: [
        ...when(
          old?.oid === stays.oid,
          'db-restore.only-copy',
          `${database} is the live database`,
          'Name the one that was kept by the swap.',
        ),
        ...when(
          (old?.sessions ?? 0) > 0,
          'db-restore.in-use',
          `${old?.sessions ?? 0} sessions are connected to ${database}`,
          'Find out who still uses it: see pg_stat_activity.',
        ),
      ],
    }
  },
  probe: ({ prepared: given, client }, context) => probeRetired(client, given, context),
  async execute({ prepared: given, client }, context) {
    const at = await probeRetired(client, given, context)
    if (at.at === 'after') return at.receipt
    if (at.at !== 'before')
      throw new RollbackError('DRIFTED', at.detail, { hint: 'Find out who renamed a database, then preview again.', effect: 'none' })
    return withSession(client, context, { mode: 'write', name: sessionName('retire', given.database) }, async (session) => {
      await session.query(`drop database ${identifier(given.database)}`)
      return { database: given.database, oid: given.oid }
    })
  },
  async verify({ prepared: given, client }, context) {
    const at = await probeRetired(client, given, context)
    const evidence = [
      context.evidence(`database ${given.database}`, at.at === 'after' ? 'not there' : at.at, `pg_database of ${given.system}`),
    ]
    if (at.at === 'unknown') return { status: 'unknown', evidence, reason: at.detail }
    return at.at === 'after'
      ? { status: 'healthy', evidence }
      : { status: 'unhealthy', evidence, expected: 'no such database', actual: at.at }
  },
})

async function probeRetired(client: SqlClient, given: Prepared, context: StepContext): Promise<Position<RetireReceipt>> {
  try {
    return positionOf(await readOnly(client, context, { name: sessionName('probe', 'retire') }, (session) => lookAtServer(session)), given)
  } catch (error) {
    if (isBusy(error)) return { at: 'unknown', detail: error.message }
    throw error
  }
}

function positionOf(look: ServerLook, { system, database, oid, liveOid }: Prepared): Position<RetireReceipt> {
  if (look.system !== system) return { at: 'elsewhere', detail: `another server answers: ${look.system}, not ${system}` }
  const byOid = look.databases.find((row) => row.oid === oid)
  const byName = databaseNamed(look, database)
  if (byName !== undefined && byName.oid !== oid) return { at: 'elsewhere', detail: `${database} is another database now` }
  if (byOid === undefined) return { at: 'after', receipt: { database, oid } }
  if (byOid.name !== database) return { at: 'elsewhere', detail: `the database is called ${byOid.name} now` }
  const hasLive = look.databases.some((row) => row.oid === liveOid)
  return hasLive ? { at: 'before' } : { at: 'elsewhere', detail: 'the live database is gone: this may be the only copy' }
}

function when(isSo: boolean, code: Finding['code'], message: string, hint: string): readonly Finding[] {
  return isSo ? [{ level: 'blocker', code, message, hint }] : []
}
