import type { SqlSession } from './sql-client.ts'

/** Which server, which database, and as whom. Read in one call. */
export type ServerIdentity = {
  /** Made by `initdb`. Names and addresses change and are reused; this is not. Copies share it: standbys and restored base backups. */
  readonly systemIdentifier: string
  /** Stays when the database is renamed. */
  readonly databaseOid: number
  readonly database: string
  /** `18.4` */
  readonly version: string
  readonly major: number
  /** A standby, or a server that is still being restored: nothing can be written to it. */
  readonly isInRecovery: boolean
  readonly role: string
  readonly isSuperuser: boolean
  /** Of the history that the server is on: grows with each promotion. Tells a promoted copy from its origin. */
  readonly timeline: number
}

const identityQuery = `
  select (select system_identifier::text from pg_control_system()) as "systemIdentifier", d.oid as "databaseOid", d.datname::text as "database",
    split_part(current_setting('server_version'), ' ', 1) as "version", current_setting('server_version_num')::int / 10000 as "major",
    pg_is_in_recovery() as "isInRecovery", current_user::text as "role", current_setting('is_superuser') = 'on' as "isSuperuser",
    (select timeline_id from pg_control_checkpoint()) as "timeline"
  from pg_database d where d.datname = current_database()`

export async function serverIdentity(session: SqlSession): Promise<ServerIdentity> {
  const [identity] = await session.query<ServerIdentity>(identityQuery)
  return identity as ServerIdentity
}

/**
 * The lease of everything that changes one database: `postgres:<system identifier>/<database oid>`. The same for every name, address and role by which
 * the database is reached. A copy of the server's files has the same one, on purpose: nothing tells it from the original in time.
 */
export function databaseLease({ systemIdentifier, databaseOid }: Pick<ServerIdentity, 'systemIdentifier' | 'databaseOid'>): string {
  return `postgres:${systemIdentifier}/${databaseOid}`
}

/** The lease of a database name, for what creates, renames or drops a database: `postgres:<system identifier>/name/<name>`. */
export function databaseNameLease({ systemIdentifier }: Pick<ServerIdentity, 'systemIdentifier'>, name: string): string {
  return `postgres:${systemIdentifier}/name/${name}`
}
