import { type Finding, type PrepareContext, type Preparation, RollbackError } from '@backstep/core'
import { readOnly, sessionName, type SqlSession } from '@backstep/postgres'
import { majorOf, type Backup } from './backup.ts'
import type { PostgresRestoreClient } from './client.ts'
import {
  databaseNamed,
  databaseResource,
  leasesOf,
  lookAtServer,
  requiredDatabase,
  shapeOf,
  type DatabaseRow,
  type ServerLook,
} from './databases.ts'
import { readRestoreNote, type RestorePrepared } from './restored-database.ts'

export interface RestoreRequestOptions {
  readonly server: string
  readonly as: string
  readonly backup: Backup
  readonly like?: string | undefined
  readonly ownership: 'keep' | 'none'
}

interface Seen {
  readonly look: ServerLook
  readonly serverMajor: number
  readonly missingRoles: readonly string[]
  readonly missingExtensions: readonly string[]
}

/** Looks at the file (its size and time only: it was read whole when it was chosen), at the tools and at the server. */
export async function prepareRestore(
  client: PostgresRestoreClient,
  options: RestoreRequestOptions,
  context: PrepareContext,
): Promise<Preparation<RestorePrepared, 'reversible', never>> {
  const { as, backup, server } = options
  await refuseChangedFile(client, backup, context)
  const toolMajor = await client.toolMajor(context)
  const seen = await readOnly(client, context, { name: sessionName('prepare', 'restore') }, (session) => see(session, options))
  const { look } = seen
  const taken = databaseNamed(look, as)
  const earlier = taken === undefined ? undefined : readRestoreNote(taken.note)
  const isThere = earlier?.sha256 === backup.sha256
  const like = options.like === undefined ? undefined : requiredDatabase(look, options.like)
  const resource = databaseResource(server, as)
  return {
    prepared: {
      system: look.system,
      as,
      mark: isThere && earlier !== undefined ? earlier.mark : context.mark,
      backup,
      ...(like === undefined ? {} : { shape: shapeOf(like) }),
    },
    summary: `Restore ${backup.path} (sha256 ${backup.sha256.slice(0, 12)}) into the new database ${as} on ${server}`,
    changes: isThere ? [] : [{ resource, action: 'create', after: `backup ${backup.sha256}`, fields: fieldsOf(backup) }],
    guards: [{ resource, property: 'database', equals: taken === undefined ? 'none' : String(taken.oid) }],
    leases: leasesOf(look, [], [as]),
    risk: ['reversible'],
    findings: [...(isThere ? [] : nameFindings(taken, server)), ...findingsOf(options, seen, toolMajor)],
  }
}

async function refuseChangedFile(
  client: PostgresRestoreClient,
  { path, bytes, modifiedAtMs }: Backup,
  context: PrepareContext,
): Promise<void> {
  const now = await client.onDisk(path, context)
  if (now === undefined) {
    throw new RollbackError('TARGET_NOT_FOUND', `There is no backup at ${path} any more`, { hint: 'Choose a backup again.' })
  }
  if (now.bytes === bytes && now.modifiedAtMs === modifiedAtMs) return
  throw new RollbackError('PRECONDITION_FAILED', `${path} has changed since it was read: ${now.bytes} bytes now, ${bytes} then`, {
    hint: 'Preview again: the backup is read whole again then.',
  })
}

async function see(session: SqlSession, { backup, ownership }: RestoreRequestOptions): Promise<Seen> {
  const look = await lookAtServer(session)
  const [missing] = await session.query<{ readonly roles: readonly string[]; readonly extensions: readonly string[] }>(
    `select to_jsonb(array(select o from unnest($1::text[]) o where not exists (select from pg_roles where rolname = o))) as roles,
       to_jsonb(array(select e from unnest($2::text[]) e where not exists (select from pg_available_extensions where name = e))) as extensions`,
    [ownership === 'keep' ? backup.owners : [], backup.extensions],
  )
  return { look, serverMajor: session.serverMajor, missingRoles: missing?.roles ?? [], missingExtensions: missing?.extensions ?? [] }
}

function fieldsOf({ format, database, serverVersion, tables }: Backup) {
  return [
    { path: 'format', after: format },
    {
      path: 'taken of',
      after: `${database === '' ? 'a database' : database} on PostgreSQL ${serverVersion === '' ? 'of an unknown version' : serverVersion}`,
    },
    { path: 'tables with rows', after: String(tables) },
  ]
}

function nameFindings(taken: DatabaseRow | undefined, server: string): readonly Finding[] {
  if (taken === undefined) return []
  return [
    {
      level: 'blocker',
      code: 'db-restore.name-taken',
      message: `There is a database ${taken.name} on ${server} already`,
      hint: 'Choose another name: nothing that is there is overwritten.',
    },
  ]
}

function findingsOf({ backup }: RestoreRequestOptions, seen: Seen, toolMajor: number): readonly Finding[] {
  const server = majorOf(backup.serverVersion)
  const tool = majorOf(backup.toolVersion)
  const isPlain = backup.format === 'plain' || backup.format === 'gzip'
  return [
    ...blockerWhen(
      server !== undefined && server > seen.serverMajor,
      'db-restore.newer-backup',
      `The backup is of PostgreSQL ${backup.serverVersion}, and the server is ${seen.serverMajor}`,
      'Restore it into a server of the same or a newer major version.',
    ),
    ...blockerWhen(
      !isPlain && tool !== undefined && tool > toolMajor,
      'db-restore.older-tool',
      `The backup was written by pg_dump ${backup.toolVersion}, and pg_restore here is ${toolMajor}`,
      'Give the folder of newer client programs as `binaries`.',
    ),
    ...blockerWhen(backup.tables === 0, 'db-restore.empty-backup', `${backup.path} holds no rows of any table`, 'Choose another backup.'),
    ...blockerWhen(
      seen.missingRoles.length > 0,
      'db-restore.role-missing',
      `Roles that own something in the backup are not on the server: ${seen.missingRoles.join(', ')}`,
      "Create them, or set `ownership: 'none'`: all then belongs to the role that restores.",
    ),
    ...blockerWhen(
      seen.missingExtensions.length > 0,
      'db-restore.extension-missing',
      `Extensions in the backup are not installed on the server: ${seen.missingExtensions.join(', ')}`,
      'Install their packages on the server first.',
    ),
  ]
}

function blockerWhen(isSo: boolean, code: Finding['code'], message: string, hint: string): readonly Finding[] {
  return isSo ? [{ level: 'blocker', code, message, hint }] : []
}
