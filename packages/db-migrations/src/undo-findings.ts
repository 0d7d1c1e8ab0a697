import type { Finding, JsonObject } from '@backstep/core'
import type { SqlSession } from '@backstep/postgres'
import type { FoundData, KeptData } from './kept-data.ts'

type Facts = JsonObject & {
  readonly standbys: number
  readonly holders: readonly string[]
  readonly clients: readonly string[]
}

/**
 * What stands around the database: who holds a lock that the undo waits for, who is connected and will meet the older schema, and whether
 * standbys replay the same locks. A role that may not see other sessions sees fewer of them.
 *
 * @param relations quoted names of the tables that get an exclusive lock.
 */
export async function surroundingFindings(session: SqlSession, relations: readonly string[]): Promise<readonly Finding[]> {
  const [facts] = await session.query<Facts>(factsQuery, [relations])
  if (facts === undefined) return []
  const { standbys, holders, clients } = facts
  return [
    ...finding(
      relations.length > 0,
      'info',
      'db-migrations.exclusive-locks',
      `ACCESS EXCLUSIVE locks: ${relations.join(', ')}; no reader or writer gets through meanwhile`,
      'Choose a quiet moment, or stop the writers first.',
    ),
    ...finding(
      holders.length > 0,
      'warning',
      'db-migrations.lock-held',
      `Locks on these tables are held now by ${holders.join('; ')}`,
      'Wait until they have ended, or end them yourself: the undo waits for the lock time-out and no longer.',
    ),
    ...finding(
      clients.length > 0,
      'warning',
      'db-migrations.clients-connected',
      `Connected now, and meeting the older schema: ${clients.join(', ')}`,
      'Stop the newer release first, or make sure that it can run on the older schema.',
    ),
    ...finding(
      standbys > 0,
      'info',
      'db-migrations.standbys',
      `${standbys} standbys replay the same locks and cancel queries in their way`,
      'Expect cancelled queries on the standbys.',
    ),
  ]
}

function finding(isSo: boolean, level: Finding['level'], code: string, message: string, hint: string): readonly Finding[] {
  return isSo ? [{ level, code: code as Finding['code'], message, hint }] : []
}

/** What the data says: what is lost, and what is kept without a name that people would look for. */
export function dataFindings({ kept, unkept }: FoundData, unclear: readonly string[]): readonly Finding[] {
  return [
    ...unkept.map(({ label, rows, why }): Finding => ({
      level: 'warning',
      code: 'db-migrations.cannot-keep',
      message: `${rows} rows of ${label} cannot be kept: ${why}`,
      hint: 'Dump the table before this step.',
    })),
    ...unclear.map((why): Finding => ({
      level: 'warning',
      code: 'db-migrations.unclear-statement',
      message: `What is lost cannot be told: ${why}`,
      hint: 'Read the script, and dump what it may touch before this step.',
    })),
    ...kept
      .filter(({ rows }) => rows > 0)
      .map((data): Finding => ({
        level: 'info',
        code: 'db-migrations.rows-kept',
        message: `${data.rows} of ${data.label} are ${data.isParked ? 'parked' : 'copied'} to ${data.keptIn}`,
        hint: 'Drop that schema by a plan of its own, once nobody wants to go back.',
      })),
  ]
}

const copiedBytesPerMs = 40_000
const restoredBytesPerMs = 3_000
/** Parking renames; copying and restoring read and write every row under the lock. Measured on two cores: an estimate, not a promise. */
export function estimatesOf(kept: readonly KeptData[]): { readonly undoMs: number; readonly backMs: number } {
  const bytes = (some: readonly KeptData[]): number => some.reduce((sum, data) => sum + data.bytes, 0)
  return {
    undoMs: Math.ceil(100 + bytes(kept.filter(({ isParked }) => !isParked)) / copiedBytesPerMs),
    backMs: Math.ceil(100 + bytes(kept) / restoredBytesPerMs),
  }
}

const factsQuery = `
  select (select count(*)::int from pg_stat_replication) as standbys,
    (select coalesce(json_agg(distinct format('session %s (%s, since %s)', l.pid, coalesce(nullif(a.application_name, ''), a.usename, 'unknown'), a.xact_start)), '[]')
      from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.granted and l.pid <> pg_backend_pid() and l.relation in (select to_regclass(n)::oid from unnest($1::text[]) n)) as holders,
    (select coalesce(json_agg(format('%s (%s)', name, sessions) order by name), '[]') from (
      select coalesce(nullif(application_name, ''), usename::text, 'unknown') as name, count(*) as sessions from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' and application_name not like 'backstep %'
      group by 1) others) as clients`
