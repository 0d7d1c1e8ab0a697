import { defineStep, RollbackError, type Evidence, type ExecuteContext, type Restoration, type StepFactory } from '@backstep/core'
import {
  endSessionsNamed,
  identifier,
  literal,
  readOnly,
  sessionName,
  sqlStateOf,
  transaction,
  withSession,
  type SqlSession,
} from '@backstep/postgres'
import * as z from 'zod'
import { backupSchema, type Backup } from './backup.ts'
import { postgresRestoreContacts, type PostgresRestoreClient } from './client.ts'
import { lookAtServer, type DatabaseShape } from './databases.ts'
import { toRollbackError } from './errors.ts'
import { databaseName, postgresServerOptions, type PostgresServerOptions } from './postgres-options.ts'
import { postgresRestoreClient } from './postgres-restore-client.ts'
import { lastLine } from './postgres-tools.ts'
import { prepareRestore } from './prepare-restore.ts'
import {
  privateName,
  probeRestore,
  restoreNote,
  restorePosition,
  restoreReceipt,
  restoreSchema,
  type RestorePrepared,
  type RestoreReceipt,
} from './restored-database.ts'

export interface RestoreBesideOptions extends PostgresServerOptions {
  /** A backup that was read whole: an output of `findBackup` or `dumpDatabase`. */
  readonly backup: Backup
  /** The name of the new database. One that is taken is refused. */
  readonly as: string
  /** A database whose owner, encoding, locale, settings and connection limit the new one gets: no dump holds them. Left out: the server's defaults. */
  readonly like?: string | undefined
  /** `keep`: everything belongs to the role that it belonged to. `none`: to the role that restores, without grants. Default `keep`. */
  readonly ownership?: 'keep' | 'none' | undefined
  /** Parallel workers of `pg_restore`, for archives but tar. Default 1: in one transaction. */
  readonly jobs?: number | undefined
  /** Gathers statistics before anybody asks the new database. Default `true`: without them the first queries are slow. */
  readonly analyze?: boolean | undefined
}

/**
 * Restores a backup into a new database beside the live one. It is built under a private name and gets its own in one transaction, with a
 * comment that says which backup it is; so it is there whole, or not at all. Nothing that is live is touched.
 *
 * Its undo drops the database again, unless somebody uses it or has renamed it.
 */
export const restoreBeside: StepFactory<RestoreBesideOptions, RestoreReceipt, 'reversible', PostgresRestoreClient, 'backup'> = defineStep({
  kind: 'db-restore.restore-beside',
  options: z.strictObject({
    ...postgresServerOptions,
    backup: backupSchema,
    as: databaseName,
    like: z.string().min(1).optional(),
    ownership: z.enum(['keep', 'none']).default('keep'),
    jobs: z.int().min(1).max(64).default(1),
    analyze: z.boolean().default(true),
  }),
  late: ['backup'],
  prepared: restoreSchema,
  receipt: restoreReceipt,
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only' },
  client: (options): PostgresRestoreClient => postgresRestoreClient(options),
  contacts: postgresRestoreContacts,
  toRollbackError,
  target: ({ server, as }) => ({ system: server, name: as }),
  prepare: ({ options, client }, context) => prepareRestore(client, options, context),
  probe: ({ prepared, receipt, client }, context) => probeRestore(client, prepared, receipt, context),
  async execute({ options, prepared, client }, context) {
    await client.settled('pg_restore', context)
    const at = await probeRestore(client, prepared, undefined, context)
    if (at.at === 'after') return at.receipt
    if (at.at === 'elsewhere') throw drifted(at.detail)
    await makeEmpty(client, prepared, at.at !== 'before', context)
    await fill(client, { prepared, ...options }, context)
    return publishRestored(client, prepared, context)
  },
  async verify({ prepared, receipt, client }, context) {
    const at = await probeRestore(client, prepared, receipt, context)
    const where = `pg_database of ${prepared.system}`
    if (at.at === 'unknown') return { status: 'unknown', evidence: [], reason: at.detail }
    if (at.at !== 'after') {
      return {
        status: 'unhealthy',
        evidence: [],
        expected: `${prepared.as} with oid ${receipt.oid}`,
        actual: 'detail' in at ? at.detail : 'it is not there',
      }
    }
    const tables = await readOnly(client, context, { name: sessionName('verify', 'restore'), database: prepared.as }, countTables)
    const evidence = [
      context.evidence('restored database', `${prepared.as}, oid ${at.receipt.oid}`, where),
      context.evidence('tables', String(tables), `pg_class of ${prepared.as}`),
    ]
    if (tables >= Math.min(1, prepared.backup.tables)) return { status: 'healthy', evidence }
    return { status: 'unhealthy', evidence, expected: `${prepared.backup.tables} tables`, actual: 'no table' }
  },
  async compensate({ prepared, receipt, client }, context) {
    await client.settled('pg_restore', context)
    return dropRestored(client, prepared, receipt, context)
  },
})

/** A database of this preparation alone. What an earlier attempt had begun is ended and dropped first. */
async function makeEmpty(
  client: PostgresRestoreClient,
  prepared: RestorePrepared,
  hasBegun: boolean,
  context: ExecuteContext,
): Promise<void> {
  const temporary = identifier(privateName(prepared))
  await withSession(client, context, { mode: 'write', name: sessionName('create', prepared.as) }, async (session) => {
    if (hasBegun) await dropHalf(session, prepared)
    await session.query(`create database ${temporary} template template0${shapeClauses(prepared.shape)}`)
  })
}

async function fill(
  client: PostgresRestoreClient,
  { prepared, ownership, jobs, analyze }: { prepared: RestorePrepared; ownership: 'keep' | 'none'; jobs: number; analyze: boolean },
  context: ExecuteContext,
): Promise<void> {
  const { mark, backup } = prepared
  const database = privateName(prepared)
  const end = await client.restore(
    { database, backup, jobs, keepsOwners: ownership === 'keep', sessionName: sessionName(mark, 'restore') },
    context,
  )
  if (end.exitCode !== 0) {
    await withSession(client, context, { mode: 'write', name: sessionName('drop', prepared.as) }, (session) => dropHalf(session, prepared))
    throw new RollbackError('REJECTED', `${backup.path} was not restored: ${lastLine(end)}`, {
      hint: 'Correct the cause, then preview again. What was built is dropped; the live data was not touched.',
      effect: 'none',
    })
  }
  if (!analyze) return
  await withSession(client, context, { mode: 'write', name: sessionName(mark, 'analyze'), database }, (session) => session.query('analyze'))
}

/** Name, comment and settings in one transaction: before it nobody sees the database, after it it is whole. */
async function publishRestored(client: PostgresRestoreClient, prepared: RestorePrepared, context: ExecuteContext): Promise<RestoreReceipt> {
  const { as, shape } = prepared
  const script = [
    `alter database ${identifier(privateName(prepared))} rename to ${identifier(as)}`,
    `comment on database ${identifier(as)} is ${literal(restoreNote(prepared))}`,
    ...(shape?.settings ?? []).map((setting) => setStatement(as, setting)),
  ].join('; ')
  return transaction(client, context, { name: sessionName('publish', as) }, async (session) => {
    await session.apply(script).catch((error: unknown) => {
      throw sqlStateOf(error) === '42P04' ? drifted(`there is a database ${as} now`) : error
    })
    const at = restorePosition(await lookAtServer(session), prepared, undefined)
    if (at.at === 'after') return at.receipt
    throw drifted('detail' in at ? at.detail : at.at)
  })
}

async function dropRestored(
  client: PostgresRestoreClient,
  prepared: RestorePrepared,
  receipt: RestoreReceipt | undefined,
  context: ExecuteContext,
): Promise<Restoration> {
  const evidence = (value: string): readonly Evidence[] => [
    context.evidence(`database ${prepared.as}`, value, `pg_database of ${prepared.system}`),
  ]
  const at = await probeRestore(client, prepared, receipt, context)
  if (at.at === 'before') return { evidence: evidence('not there') }
  if (at.at === 'elsewhere') throw drifted(at.detail)
  await withSession(client, context, { mode: 'write', name: sessionName('drop', prepared.as) }, async (session) => {
    if (at.at !== 'after') await dropHalf(session, prepared)
    else await session.query(`drop database ${identifier(prepared.as)}`)
  })
  return { evidence: evidence('dropped; it held a copy of the backup') }
}

async function dropHalf(session: SqlSession, prepared: RestorePrepared): Promise<void> {
  for (const what of ['restore', 'analyze']) await endSessionsNamed(session, sessionName(prepared.mark, what))
  await session.query(`drop database if exists ${identifier(privateName(prepared))}`)
}

async function countTables(session: SqlSession): Promise<number> {
  const [row] = await session.query<{ readonly tables: number }>(
    `select count(*)::int as tables from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')`,
  )
  return row?.tables ?? 0
}

/** Owner, encoding, locale and limit can only be given when a database is made. */
function shapeClauses(shape: DatabaseShape | undefined): string {
  if (shape === undefined) return ''
  const { owner, encoding, collate, ctype, provider, locale, connectionLimit } = shape
  const localeClauses =
    { i: ` locale_provider icu icu_locale ${literal(locale)}`, b: ` locale_provider builtin builtin_locale ${literal(locale)}` }[
      provider
    ] ?? ''
  return ` owner ${identifier(owner)} encoding ${literal(encoding)} lc_collate ${literal(collate)} lc_ctype ${literal(ctype)}${localeClauses} connection limit ${connectionLimit}`
}

/** Lists such as search_path stand as a list already. */
function setStatement(database: string, setting: string): string {
  const at = setting.indexOf('=')
  const [name, value] = [setting.slice(0, at), setting.slice(at + 1)]
  return `alter database ${identifier(database)} set ${name
    .split('.')
    .map((part) => identifier(part))
    .join('.')} = ${isList(name) ? value : literal(value)}`
}

function isList(name: string): boolean {
  return ['search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries', 'datestyle'].includes(
    name.toLowerCase(),
  )
}

function drifted(detail: string): RollbackError {
  return new RollbackError('DRIFTED', detail, { hint: 'Find out who made or changed the database, then preview again.', effect: 'none' })
}
