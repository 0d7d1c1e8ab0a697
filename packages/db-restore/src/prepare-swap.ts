import type { Change, Finding, Instant, PrepareContext, Preparation } from '@backstep/core'
import { readOnly, sessionName, type SqlClient } from '@backstep/postgres'
import {
  databaseNamed,
  databaseResource,
  leasesOf,
  lookAtServer,
  requiredDatabase,
  type DatabaseRow,
  type ServerLook,
} from './databases.ts'
import { generationOf, type SwapPrepared } from './swapped-databases.ts'

interface SwapRequest {
  readonly server: string
  readonly live: string
  readonly side: string
  readonly keepAs: string
  readonly dataOf?: Instant | undefined
}

/** Looks at the server once: who is who, and what would stand in the way. */
export async function prepareSwap(
  client: SqlClient,
  request: SwapRequest,
  context: PrepareContext,
): Promise<Preparation<SwapPrepared, 'data-loss', never>> {
  const { server, live, side, keepAs } = request
  const look = await readOnly(client, context, { name: sessionName('prepare', 'swap') }, (session) => lookAtServer(session))
  const reached = alreadySwapped(look, request)
  const atLive = reached?.kept ?? requiredDatabase(look, live)
  const atSide = reached?.live ?? requiredDatabase(look, side)
  const resource = databaseResource(server, live)
  return {
    prepared: {
      system: look.system,
      live,
      side,
      keep: keepAs,
      liveOid: atLive.oid,
      sideOid: atSide.oid,
      generation: generationOf(look, [live, side]),
      sideChanges: atSide.rowChanges,
    },
    summary: `Make ${side} the database ${live} of ${server}, and keep the old one as ${keepAs}`,
    changes: reached === undefined ? [changeOf(request, atLive, atSide)] : [],
    guards: [{ resource, property: 'oid', equals: String(atLive.oid) }],
    leases: leasesOf(look, [atLive.oid, atSide.oid], [live, side, keepAs]),
    risk: reached === undefined ? ['data-loss'] : [],
    undo: { risk: 'data-loss', loses: `what was written to ${live} since the swap; it stays in ${side}`, estimate: { downtime: '150ms' } },
    estimate: { duration: '1s', downtime: '150ms' },
    findings: reached === undefined ? findingsOf(look, atLive, atSide, keepAs) : [],
  }
}

/** Exchanged by an earlier run: the side name is free, and the old database has the name that it was to get. */
function alreadySwapped(
  look: ServerLook,
  { live, side, keepAs }: SwapRequest,
): { readonly live: DatabaseRow; readonly kept: DatabaseRow } | undefined {
  const [atLive, atSide, kept] = [live, side, keepAs].map((name) => databaseNamed(look, name))
  return atLive !== undefined && atSide === undefined && kept !== undefined ? { live: atLive, kept } : undefined
}

function changeOf({ server, live, side, keepAs, dataOf }: SwapRequest, atLive: DatabaseRow, atSide: DatabaseRow): Change {
  return {
    resource: databaseResource(server, live),
    action: 'replace',
    before: `oid ${atLive.oid}`,
    after: `oid ${atSide.oid}`,
    fields: [{ path: 'sessions that are ended', before: String(atLive.sessions + atSide.sessions) }],
    dataLoss: {
      what: `what was written to ${live} after the data of ${side} was taken`,
      ...(dataOf === undefined ? {} : { from: dataOf }),
      keptIn: `database ${keepAs}`,
    },
  }
}

function findingsOf(look: ServerLook, live: DatabaseRow, side: DatabaseRow, keepAs: string): readonly Finding[] {
  const blockers = [live, side].flatMap((database) => [
    ...when(
      database.replication > 0,
      'db-restore.replicated',
      `${database.name} has ${database.replication} logical replication slots or subscriptions, which stay with the database and not with the name`,
      'Drop or move them first, and set them up again on the restored database.',
    ),
    ...when(
      database.preparedTransactions > 0,
      'db-restore.prepared-transactions',
      `${database.name} has ${database.preparedTransactions} prepared transactions: a rename is refused while they are open`,
      'Commit or roll them back: see pg_prepared_xacts.',
    ),
    ...when(
      !database.allowsConnections,
      'db-restore.closed',
      `${database.name} allows no connections`,
      `Run ALTER DATABASE "${database.name}" ALLOW_CONNECTIONS true when that is not meant.`,
    ),
  ])
  return [
    ...when(
      databaseNamed(look, keepAs) !== undefined,
      'db-restore.name-taken',
      `There is a database ${keepAs} already`,
      'Choose another name.',
    ),
    ...when(
      live.name === side.name || [live.name, side.name].includes(keepAs),
      'db-restore.same-name',
      'Two of the three names are the same',
      'Give three different names.',
    ),
    ...blockers,
    ...differences(live, side),
  ]
}

function differences(live: DatabaseRow, side: DatabaseRow): readonly Finding[] {
  const fields = ['owner', 'encoding', 'collate', 'ctype', 'provider', 'locale', 'connectionLimit', 'settings', 'acl'] as const
  const shown = (value: DatabaseRow[(typeof fields)[number]]): string => (Array.isArray(value) ? value.join('; ') : String(value))
  return fields
    .filter((field) => shown(live[field]) !== shown(side[field]))
    .map((field) => ({
      level: 'warning',
      code: 'db-restore.different-shape',
      message: `${field} of ${live.name} is "${shown(live[field])}", of ${side.name} "${shown(side[field])}"`,
      hint: `Restore with \`like: '${live.name}'\`, or set it by hand: no backup holds it.`,
    }))
}

function when(isSo: boolean, code: Finding['code'], message: string, hint: string): readonly Finding[] {
  return isSo ? [{ level: 'blocker', code, message, hint }] : []
}
