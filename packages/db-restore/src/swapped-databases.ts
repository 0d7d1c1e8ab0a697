import { type Position, RollbackError, type StepContext } from '@backstep/core'
import {
  endSessionsNamed,
  identifier,
  isBusy,
  literal,
  readOnly,
  sessionName,
  sqlStateOf,
  transaction,
  withSession,
  type SqlClient,
  type SqlSession,
} from '@backstep/postgres'
import * as z from 'zod'
import { databaseNamed, lookAtServer, type ServerLook } from './databases.ts'

/** What a preparation of `swapDatabases` keeps: three names, and which databases they stand for. */
export type SwapPrepared = {
  readonly system: string
  readonly live: string
  readonly side: string
  readonly keep: string
  readonly liveOid: number
  readonly sideOid: number
  /** Of both databases: no rename leaves it as it was, not even one there and back. */
  readonly generation: string
  /** Row changes that the server had counted in the restored database before anybody used it. */
  readonly sideChanges: string
}

/** What `swapDatabases` has made live, and what it has kept. */
export type SwapReceipt = { readonly database: string; readonly oid: number; readonly keptAs: string; readonly keptOid: number }

export const swapSchema: z.core.$ZodType<SwapPrepared> = z.object({
  system: z.string(),
  live: z.string(),
  side: z.string(),
  keep: z.string(),
  liveOid: z.int(),
  sideOid: z.int(),
  generation: z.string(),
  sideChanges: z.string(),
})
export const swapReceipt: z.core.$ZodType<SwapReceipt> = z.object({
  database: z.string(),
  oid: z.int(),
  keptAs: z.string(),
  keptOid: z.int(),
})

/** Oids are never given twice, names are: the map from name to oid is where the world is. */
export function swapPosition(look: ServerLook, prepared: SwapPrepared): Position<SwapReceipt> {
  const { system, live, side, keep, liveOid, sideOid } = prepared
  if (look.system !== system) return { at: 'elsewhere', detail: `another server answers: ${look.system}, not ${system}` }
  const [atLive, atSide, atKeep] = [live, side, keep].map((name) => databaseNamed(look, name)?.oid)
  if (atLive === liveOid && atSide === sideOid && atKeep === undefined) return { at: 'before' }
  if (atLive === sideOid && atKeep === liveOid && atSide === undefined) {
    return { at: 'after', receipt: { database: live, oid: sideOid, keptAs: keep, keptOid: liveOid } }
  }
  const shown = (name: string, oid: number | undefined): string => `${name} is ${oid === undefined ? 'not there' : `oid ${oid}`}`
  return { at: 'elsewhere', detail: [shown(live, atLive), shown(side, atSide), shown(keep, atKeep)].join(', ') }
}

export function generationOf(look: ServerLook, names: readonly string[]): string {
  return names.map((name) => databaseNamed(look, name)?.generation ?? 'none').join('/')
}

export async function probeSwap(client: SqlClient, prepared: SwapPrepared, context: StepContext): Promise<Position<SwapReceipt>> {
  try {
    return swapPosition(
      await readOnly(client, context, { name: sessionName('probe', 'swap') }, (session) => lookAtServer(session)),
      prepared,
    )
  } catch (error) {
    if (isBusy(error)) return { at: 'unknown', detail: error.message }
    throw error
  }
}

/** `swap`: the restored one becomes live. `back`: as it was. */
export type SwapWay = 'swap' | 'back'

/**
 * Both renames in one transaction: at every moment there is a database of the live name, and after a crash either all of it has happened or
 * nothing. The first rename locks the name, so nobody can connect any more, and then waits until nobody is connected; a second session ends
 * the others meanwhile.
 *
 * @returns what it found first; on the way back, what it found after the last session had ended and its changes were counted.
 */
export async function exchangeNames(
  client: SqlClient,
  prepared: SwapPrepared,
  way: SwapWay,
  mark: string,
  context: StepContext,
): Promise<ServerLook> {
  const { live, side, keep } = prepared
  const pairs =
    way === 'swap'
      ? ([
          [live, keep],
          [side, live],
        ] as const)
      : ([
          [live, side],
          [keep, live],
        ] as const)
  const name = sessionName(mark, way)
  return withSession(client, context, { mode: 'write', name: sessionName('end sessions', live) }, async (other) => {
    await endSessionsNamed(other, name)
    return transaction(client, context, { name }, async (session) => {
      const look = await lookAtServer(session)
      if (isDone(look, prepared, way)) return look
      await renameAll(session, other, pairs)
      return way === 'back' ? lookAtServer(session) : look
    })
  })
}

/** True when nothing is left to do; throws when the world is neither. */
function isDone(look: ServerLook, prepared: SwapPrepared, way: SwapWay): boolean {
  const at = swapPosition(look, prepared)
  if (at.at === (way === 'swap' ? 'after' : 'before')) return true
  if (at.at === (way === 'swap' ? 'before' : 'after')) {
    if (way === 'back' || generationOf(look, [prepared.live, prepared.side]) === prepared.generation) return false
    throw drifted(`${prepared.live} and ${prepared.side} were exchanged and exchanged back since they were looked at`)
  }
  throw drifted('detail' in at ? at.detail : at.at)
}

async function renameAll(session: SqlSession, other: SqlSession, pairs: readonly (readonly [string, string])[]): Promise<void> {
  const names = pairs.map(([from]) => from)
  const renames = pairs.map(([from, to]) => `alter database ${identifier(from)} rename to ${identifier(to)}`).join('; ')
  const [ended, renamed] = await Promise.allSettled([
    other.query(endOthers(names, session.processId)),
    session.apply(`${renames}; select pg_stat_clear_snapshot()`),
  ])
  if (renamed.status === 'fulfilled') return
  // Sessions that could not be ended are why the rename was refused.
  const isInUse = sqlStateOf(renamed.reason) === '55006' && ended.status === 'rejected'
  throw (isInUse ? ended.reason : renamed.reason) as Error
}

/** Ends whoever is connected, again and again, until the other session has renamed or failed, or is gone: at most three seconds. */
function endOthers(databases: readonly string[], renamer: number): string {
  const others = `datname in (${databases.map(literal).join(', ')}) and pid not in (pg_backend_pid(), ${renamer})`
  return `do $$ begin for look in 1..600 loop
    perform pg_stat_clear_snapshot();
    perform pg_terminate_backend(pid) from pg_stat_activity where ${others};
    exit when not exists (select from pg_stat_activity where pid = ${renamer} and not (query like 'alter database%' and state <> 'active'));
    perform pg_sleep(0.005); end loop; end $$`
}

export function drifted(detail: string): RollbackError {
  return new RollbackError('DRIFTED', detail, {
    hint: 'Find out who made or renamed a database, then preview again.',
    effect: 'none',
  })
}
