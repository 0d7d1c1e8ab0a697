import { join } from 'node:path'
import {
  defineStep,
  durationMs,
  RollbackError,
  type Duration,
  type ExecuteContext,
  type Finding,
  type Position,
  type StepContext,
  type StepFactory,
} from '@backstep/core'
import { endSessionsNamed, readOnly, sessionName, withSession } from '@backstep/postgres'
import * as z from 'zod'
import { backupSchema, type Backup } from './backup.ts'
import { postgresRestoreContacts, type BackupNote, type PostgresRestoreClient } from './client.ts'
import { databaseResource } from './databases.ts'
import { toRollbackError } from './errors.ts'
import { absolutePath, duration, postgresServerOptions, type PostgresServerOptions } from './postgres-options.ts'
import { postgresRestoreClient } from './postgres-restore-client.ts'
import { lastLine } from './postgres-tools.ts'

export interface DumpDatabaseOptions extends PostgresServerOptions {
  readonly database: string
  /** Absolute folder on the machine that runs the plan. The dump is called `<database>.<mark>.dump` in it. */
  readonly folder: string
  /** Default `custom`: one compressed file. `directory` can be written by several workers. */
  readonly format?: 'custom' | 'directory' | undefined
  /** Workers, for `directory`. Default 1. */
  readonly jobs?: number | undefined
  /** How long it may wait for a table that somebody has locked. Default `'10s'`. */
  readonly lockTimeout?: Duration | undefined
}

/** The dump that was taken, when, and how far the server's log was then. */
export type DumpReceipt = { readonly backup: Backup; readonly takenAt: string; readonly lsn: string }
const dumpReceipt: z.core.$ZodType<DumpReceipt> = z.object({ backup: backupSchema, takenAt: z.string(), lsn: z.string() })

/** The size, the server's version and its place in the write-ahead log, in one statement. */
type DatabaseFacts = { readonly oid: number; readonly bytes: string; readonly lsn: string }

/**
 * Takes a dump as a safety net before anything is changed. `pg_dump` writes the file itself, so memory does not grow with the size. The dump is
 * read whole, hashed, and gets its name only then; a note beside it says when it was taken and what it hashes to.
 *
 * It changes nothing on the server, so there is nothing to undo: a dump stays when the plan goes back.
 */
export const dumpDatabase: StepFactory<DumpDatabaseOptions, DumpReceipt, 'none', PostgresRestoreClient> = defineStep({
  kind: 'db-restore.dump-database',
  options: z.strictObject({
    ...postgresServerOptions,
    database: z.string().min(1),
    folder: absolutePath,
    format: z.enum(['custom', 'directory']).default('custom'),
    jobs: z.int().min(1).max(64).default(1),
    lockTimeout: duration.default('10s'),
  }),
  prepared: z.object({ path: z.string(), oid: z.int() }),
  receipt: dumpReceipt,
  traits: { risk: 'none', idempotency: 'natural', fencing: 'lease-only' },
  client: (options): PostgresRestoreClient => postgresRestoreClient(options),
  contacts: postgresRestoreContacts,
  toRollbackError,
  target: ({ server, database }) => ({ system: server, name: database }),
  async prepare({ options, client }, context) {
    const { database, folder, server, jobs, format } = options
    const path = join(folder, `${database.replaceAll(/[^A-Za-z0-9._-]/g, '_')}.${context.mark.slice(0, 12)}.dump`)
    const [toolMajor, free] = [await client.toolMajor(context), await client.freeBytes(folder, context)]
    const { facts, major } = await readOnly(client, context, { name: sessionName('prepare', 'dump'), database }, async (session) => ({
      major: session.serverMajor,
      facts: (await session.query<DatabaseFacts>(factsQuery))[0] as DatabaseFacts,
    }))
    return {
      prepared: { path, oid: facts.oid },
      summary: `Dump ${database} of ${server} (${facts.bytes} bytes on the server) to ${path}`,
      changes: [{ resource: `file:${folder}`, action: 'create', after: `a dump of ${database}` }],
      guards: [{ resource: databaseResource(server, database), property: 'oid', equals: String(facts.oid) }],
      leases: [`file:${folder}`],
      risk: [],
      findings: [
        ...findingWhen(
          toolMajor < major,
          'blocker',
          'db-restore.older-tool',
          `pg_dump here is ${toolMajor}, and the server is ${major}`,
          'Give the folder of newer client programs as `binaries`.',
        ),
        ...findingWhen(
          jobs > 1 && format !== 'directory',
          'blocker',
          'db-restore.one-writer',
          'Only the directory format can be written by several workers',
          "Set `format: 'directory'`, or leave `jobs` out.",
        ),
        ...findingWhen(
          free < Number(facts.bytes),
          'warning',
          'db-restore.little-space',
          `${folder} has ${free} bytes free, and the database has ${facts.bytes}`,
          'Make room: a dump is smaller than its database, and how much nobody knows before.',
        ),
      ],
    }
  },
  probe: ({ prepared, mark, client }, context) => probeDump(client, prepared.path, mark, context),
  async execute({ options, prepared, mark, client }, context) {
    await client.settled('pg_dump', context)
    const at = await probeDump(client, prepared.path, mark, context)
    if (at.at === 'after') return at.receipt
    if (at.at === 'elsewhere')
      throw new RollbackError('DRIFTED', at.detail, { hint: 'Move that file away, then preview again.', effect: 'none' })
    const { lsn, takenAt } = await begin(client, options.database, mark, context)
    const part = `${prepared.path}.part`
    await write(client, { ...options, part, lockTimeoutMs: durationMs(options.lockTimeout) }, mark, context)
    const { sha256, bytes } = await client.readWhole(part, context)
    await client.publish({ from: part, to: prepared.path, note: { mark, sha256, bytes, takenAt, lsn } }, context)
    const done = await probeDump(client, prepared.path, mark, context)
    if (done.at === 'after') return done.receipt
    throw new RollbackError('OUTCOME_UNKNOWN', `${prepared.path} was written and cannot be found`, {
      hint: 'Look at the folder, then resume.',
    })
  },
  async verify({ prepared, receipt, mark, client }, context) {
    const at = await probeDump(client, prepared.path, mark, context)
    if (at.at !== 'after') {
      return {
        status: 'unhealthy',
        evidence: [],
        expected: `a dump at ${prepared.path}`,
        actual: 'detail' in at ? at.detail : 'there is none',
      }
    }
    const evidence = [context.evidence('dump', `${at.receipt.backup.bytes} bytes, sha256 ${at.receipt.backup.sha256}`, prepared.path)]
    if (at.receipt.backup.sha256 === receipt.backup.sha256) return { status: 'healthy', evidence }
    return { status: 'unhealthy', evidence, expected: `sha256 ${receipt.backup.sha256}`, actual: `sha256 ${at.receipt.backup.sha256}` }
  },
})

const factsQuery = `select oid, pg_database_size(oid)::text as bytes,
  (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text as lsn from pg_database where datname = current_database()`

/** A dump has its name only when it is whole, and its note before its name. */
async function probeDump(client: PostgresRestoreClient, path: string, mark: string, context: StepContext): Promise<Position<DumpReceipt>> {
  const seen = await client.onDisk(path, context)
  if (seen === undefined)
    return (await client.onDisk(`${path}.part`, context)) === undefined
      ? { at: 'before' }
      : { at: 'between', detail: `${path}.part is unfinished` }
  const note = await client.noteOf(path, context)
  if (note?.mark !== mark) return { at: 'elsewhere', detail: `${path} is there, and this run did not make it` }
  if (note.bytes !== seen.bytes) return { at: 'elsewhere', detail: `${path} has ${seen.bytes} bytes, and had ${note.bytes}` }
  return {
    at: 'after',
    receipt: { backup: { ...(await client.describe(path, context)), ...seen, sha256: note.sha256 }, takenAt: note.takenAt, lsn: note.lsn },
  }
}

/** Ends what an earlier attempt had left on the server, and notes where its log is: the dump holds at least everything up to there. */
async function begin(
  client: PostgresRestoreClient,
  database: string,
  mark: string,
  context: ExecuteContext,
): Promise<Pick<BackupNote, 'lsn' | 'takenAt'>> {
  const takenAt = new Date(context.clock.now()).toISOString()
  return withSession(client, context, { mode: 'read', name: sessionName('begin', 'dump'), database }, async (session) => {
    if (context.attempt > 1) await endSessionsNamed(session, sessionName(mark, 'dump'))
    const [facts] = await session.query<DatabaseFacts>(factsQuery)
    return { lsn: facts?.lsn ?? '', takenAt }
  })
}

interface WriteRequest {
  readonly database: string
  readonly part: string
  readonly format: 'custom' | 'directory'
  readonly jobs: number
  readonly lockTimeoutMs: number
}

async function write(
  client: PostgresRestoreClient,
  { part, ...request }: WriteRequest,
  mark: string,
  context: ExecuteContext,
): Promise<void> {
  const { database, format, jobs, lockTimeoutMs } = request
  const end = await client.dump({ database, format, jobs, lockTimeoutMs, path: part, sessionName: sessionName(mark, 'dump') }, context)
  if (end.exitCode === 0) return
  await client.discard(part, context)
  throw new RollbackError('REJECTED', `${database} was not dumped: ${lastLine(end)}`, {
    hint: 'Correct the cause, then resume. The unfinished file is removed.',
    effect: 'none',
    canRetry: true,
  })
}

function findingWhen(isSo: boolean, level: Finding['level'], code: Finding['code'], message: string, hint: string): readonly Finding[] {
  return isSo ? [{ level, code, message, hint }] : []
}
