import { RollbackError } from '@backstep/core'
import { databaseLease, databaseNameLease, type SqlSession } from '@backstep/postgres'
import * as z from 'zod'

/** What is decided when a database is made or renamed, and is in no dump of it. */
export type DatabaseShape = {
  readonly owner: string
  readonly encoding: string
  readonly collate: string
  readonly ctype: string
  readonly provider: string
  readonly locale: string
  readonly connectionLimit: number
  /** `ALTER DATABASE … SET`, each as `name=value`. */
  readonly settings: readonly string[]
  readonly acl: string
}

export const databaseShape: z.core.$ZodType<DatabaseShape, DatabaseShape> = z.object({
  owner: z.string(),
  encoding: z.string(),
  collate: z.string(),
  ctype: z.string(),
  provider: z.string(),
  locale: z.string(),
  connectionLimit: z.int(),
  settings: z.array(z.string()),
  acl: z.string(),
})

/** One database as the catalog has it. */
export type DatabaseRow = DatabaseShape & {
  readonly name: string
  /** Never given twice by a server. */
  readonly oid: number
  /** Changes with every rename, also with one there and back. */
  readonly generation: string
  /** Its comment. */
  readonly note: string
  readonly allowsConnections: boolean
  readonly sessions: number
  readonly preparedTransactions: number
  /** Logical replication slots and subscriptions: they follow the database, not the name. */
  readonly replication: number
  /** Row changes that the server has counted. Lags by a second, starts again after a crash: evidence, no proof. */
  readonly rowChanges: string
}

/** A server and its databases, in one consistent look. */
export interface ServerLook {
  readonly system: string
  readonly databases: readonly DatabaseRow[]
  /** Sessions of an earlier attempt of the same preparation that the server still works for. */
  readonly own: number
}

const statement = `select (select system_identifier::text from pg_control_system()) as system,
  (select count(*)::int from pg_stat_activity where application_name like $1 and pid <> pg_backend_pid()) as own,
  d.datname as name, d.oid, d.xmin::text as generation, pg_get_userbyid(d.datdba)::text as owner,
  coalesce(shobj_description(d.oid, 'pg_database'), '') as note, d.datallowconn as "allowsConnections",
  pg_encoding_to_char(d.encoding)::text as encoding, d.datcollate::text as collate, d.datctype::text as ctype,
  d.datlocprovider::text as provider, coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', '') as locale,
  d.datconnlimit as "connectionLimit", coalesce(d.datacl::text, '') as acl,
  coalesce((select to_jsonb(s.setconfig) from pg_db_role_setting s where s.setdatabase = d.oid and s.setrole = 0), '[]') as settings,
  (select count(*)::int from pg_stat_activity a where a.datid = d.oid and a.pid <> pg_backend_pid()) as sessions,
  (select count(*)::int from pg_prepared_xacts p where p.database = d.datname) as "preparedTransactions",
  (select count(*)::int from pg_replication_slots r where r.database = d.datname)
    + (select count(*)::int from pg_subscription s where s.subdbid = d.oid) as replication,
  coalesce((select t.tup_inserted + t.tup_updated + t.tup_deleted from pg_stat_database t where t.datid = d.oid), 0)::text as "rowChanges"
  from pg_database d where not d.datistemplate order by d.datname`

type Row = DatabaseRow & { readonly system: string; readonly own: number }

/** Looks at all databases of a server. `mark`: of the preparation whose sessions are counted. */
export async function lookAtServer(session: SqlSession, mark = ''): Promise<ServerLook> {
  const rows = await session.query<Row>(statement, [mark === '' ? '' : `backstep ${mark}%`])
  const [first] = rows
  if (first === undefined) {
    throw new RollbackError('TARGET_NOT_FOUND', 'The server lists no database', { hint: 'Check the address in the secret.' })
  }
  return { system: first.system, own: first.own, databases: rows.map(({ system: _system, own: _own, ...row }) => row) }
}

export function databaseNamed(look: ServerLook, name: string): DatabaseRow | undefined {
  return look.databases.find((database) => database.name === name)
}

/** The same, for a name that has to be there. */
export function requiredDatabase(look: ServerLook, name: string): DatabaseRow {
  const found = databaseNamed(look, name)
  if (found !== undefined) return found
  throw new RollbackError('TARGET_NOT_FOUND', `There is no database ${name} on the server`, {
    hint: 'Check the name, and that the secret points at the right server.',
  })
}

/** Leases of databases and of names: whoever makes or renames one owns both. */
export function leasesOf(look: ServerLook, oids: readonly number[], names: readonly string[]): readonly string[] {
  const systemIdentifier = look.system
  return [
    ...oids.map((databaseOid) => databaseLease({ systemIdentifier, databaseOid })),
    ...names.map((name) => databaseNameLease({ systemIdentifier }, name)),
  ]
}

export function databaseResource(server: string, name: string): string {
  return `postgres:${server}/database/${name}`
}

export function shapeOf(row: DatabaseRow): DatabaseShape {
  const { owner, encoding, collate, ctype, provider, locale, connectionLimit, settings, acl } = row
  return { owner, encoding, collate, ctype, provider, locale, connectionLimit, settings: [...settings], acl }
}
