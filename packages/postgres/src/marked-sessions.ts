import type { SqlSession } from './sql-client.ts'

/** A session that the server still has, beside the one that asks. */
export type MarkedSession = {
  readonly processId: number
  readonly name: string
  readonly database: string
  /** `active`, `idle in transaction`, …; empty when the role may not see it. */
  readonly state: string
  /** What it waits for: `Lock/relation`, `IPC/SyncRep`; empty when it works or idles. */
  readonly waitsFor: string
  /** A transaction is open in it: it can still change something. */
  readonly isInTransaction: boolean
}

/**
 * Sessions of this name (`application_name`), in any database of the server, that somebody opened before: an earlier attempt that was killed while the
 * server goes on. While one is at work, the look of the database is not the last word.
 */
export function sessionsNamed(session: SqlSession, name: string): Promise<readonly MarkedSession[]> {
  return session.query<MarkedSession>(
    `select pid as "processId", application_name as name, coalesce(datname::text, '') as database, coalesce(state, '') as state,
       coalesce(wait_event_type || '/' || wait_event, '') as "waitsFor", xact_start is not null as "isInTransaction"
     from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid() and backend_type in ('client backend', 'parallel worker') order by pid`,
    [name],
  )
}

/**
 * Ends the sessions of this name and waits until they are gone. Their open transactions are rolled back; one whose COMMIT is being written is
 * committed. Needs the same role as theirs, or `pg_signal_backend`.
 *
 * @returns those that are still there afterwards: then nothing may be decided yet.
 */
export async function endSessionsNamed(session: SqlSession, name: string, waitMs = 5_000): Promise<readonly MarkedSession[]> {
  const found = await sessionsNamed(session, name)
  if (found.length === 0) return found
  await session.query(`select pg_terminate_backend(pid, $2) from pg_stat_activity where pid = any($1::int[]) and application_name = $3`, [
    found.map(({ processId }) => processId),
    waitMs,
    name,
  ])
  return sessionsNamed(session, name)
}
