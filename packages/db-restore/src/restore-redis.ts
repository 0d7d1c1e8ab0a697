import { join } from 'node:path'
import {
  defineStep,
  RollbackError,
  secretOption,
  type ExecuteContext,
  type Finding,
  type Position,
  type Secret,
  type StepContext,
  type StepFactory,
} from '@backstep/core'
import { withEffect } from '@backstep/postgres'
import * as z from 'zod'
import { toRollbackError } from './errors.ts'
import { absolutePath } from './postgres-options.ts'
import {
  redisRestoreContacts,
  type RedisBackup,
  type RedisFacts,
  type RedisFileSet,
  type RedisPhase,
  type RedisRestoreClient,
} from './redis-port.ts'
import { redisRestoreClient, type RedisClientOptions } from './redis-restore-client.ts'

export interface RestoreRedisOptions {
  /** What people call the server. */
  readonly server: string
  /** `redis://user:password@host:port`, as a reference. */
  readonly url: Secret
  /** How the server is started: an absolute program and its arguments, such as `/usr/bin/systemctl start redis`. It returns once the server was told to. */
  readonly start: RedisClientOptions['start']
  /** A snapshot (`dump.rdb`) outside of the server's folder, on the machine of the server, which is where the plan runs. */
  readonly rdb: string
}

type Prepared = { readonly files: RedisFileSet; readonly backup: RedisBackup }
/** What is loaded now, and where the old files are. */
export type RestoreRedisReceipt = { readonly sha256: string; readonly keptIn: string }

const files: z.core.$ZodType<RedisFileSet> = z.object({
  dir: z.string(),
  dbfilename: z.string(),
  isAppendOnly: z.boolean(),
  appendOnlyName: z.string(),
  hasManifest: z.boolean(),
  folder: z.string(),
})
const backup: z.core.$ZodType<RedisBackup> = z.object({
  path: z.string(),
  bytes: z.int(),
  modifiedAtMs: z.number(),
  sha256: z.string(),
  format: z.int(),
})

const startCommand: z.core.$ZodType<RedisClientOptions['start'], RedisClientOptions['start']> = z.strictObject({
  command: absolutePath,
  args: z.array(z.string()),
})

/** Snapshot formats that a major version can load. */
const newestFormat: Readonly<Record<number, number>> = { 5: 9, 6: 9, 7: 11 }

/**
 * Puts a Redis server back to a snapshot. The server is stopped with everything saved, its files are moved aside, and the snapshot is put where
 * the server really loads it: with an append only file, a `dump.rdb` beside it would be ignored, and the server would come up empty. The old
 * files stay in `backstep-<mark>` inside of the server's folder. Going back loads them again.
 *
 * Nothing else may start the server in between: a service manager that does so starts it with what is there at that moment. What such a
 * server had written is moved aside, too; nothing is deleted.
 */
export const restoreRedis: StepFactory<RestoreRedisOptions, RestoreRedisReceipt, 'data-loss', RedisRestoreClient> = defineStep({
  kind: 'db-restore.restore-redis',
  options: z.strictObject({
    server: z.string().min(1),
    url: secretOption(),
    rdb: absolutePath,
    start: startCommand,
  }),
  prepared: z.object({ files, backup }),
  receipt: z.object({ sha256: z.string(), keptIn: z.string() }),
  traits: { risk: 'data-loss', idempotency: 'natural', fencing: 'lease-only', layer: 'data' },
  client: (options): RedisRestoreClient => redisRestoreClient(options),
  contacts: redisRestoreContacts,
  toRollbackError,
  target: ({ server }) => ({ system: server, name: 'data' }),
  async prepare({ options, client }, context) {
    const found = await client.backup(options.rdb, context)
    if (found === undefined)
      throw new RollbackError('TARGET_NOT_FOUND', `There is no snapshot at ${options.rdb}`, {
        hint: 'Check the path on the machine of the server.',
      })
    const facts = await client.facts(context)
    if (facts === undefined) throw outOfReach(options.server)
    const set = fileSetOf(facts, context.mark)
    const resource = `redis:${options.server}/data`
    return {
      prepared: { files: set, backup: found },
      summary: `Restore ${options.rdb} (sha256 ${found.sha256.slice(0, 12)}) into Redis ${options.server}, which holds ${facts.keys} keys now`,
      changes: [
        {
          resource,
          action: 'replace',
          after: `snapshot ${found.sha256}`,
          dataLoss: { what: 'everything written since the snapshot', keptIn: `${set.folder}/old` },
        },
      ],
      guards: [{ resource, property: 'files', equals: [set.dir, set.dbfilename, set.isAppendOnly ? set.appendOnlyName : ''].join('|') }],
      leases: [`redis:${options.server}`, `file:${facts.dir}`],
      risk: ['data-loss'],
      undo: { risk: 'data-loss', loses: `what was written since the restore; it stays in ${set.folder}/restored` },
      findings: findingsOf(facts, found),
    }
  },
  probe: ({ prepared, client }, context) => probeRedis(client, prepared, context),
  async execute({ options, prepared, client }, context) {
    const at = await probeRedis(client, prepared, context)
    if (at.at === 'after') return at.receipt
    if (at.at === 'elsewhere') throw drifted(at.detail)
    const phase = await client.phase(prepared.files, context)
    if (phase === 'none') await refuseOtherSnapshot(client, prepared, context)
    return inDoubt(async () => {
      await goOn(client, prepared, phase, context)
      await untilUp(client, options.server, context)
      return receiptOf(prepared)
    })
  },
  async verify({ prepared, client }, context) {
    const at = await probeRedis(client, prepared, context)
    const facts = await client.facts(context)
    const evidence = [
      context.evidence('keys', String(facts?.keys ?? 'unknown'), 'INFO keyspace'),
      context.evidence('phase', at.at, prepared.files.folder),
    ]
    if (at.at !== 'after' || facts === undefined)
      return { status: 'unhealthy', evidence, expected: 'the snapshot, loaded', actual: 'detail' in at ? at.detail : at.at }
    return facts.isLoading ? { status: 'progressing', evidence, actual: 'it is loading' } : { status: 'healthy', evidence }
  },
  async compensate({ options, prepared, client }, context) {
    const at = await probeRedis(client, prepared, context)
    const evidence = [context.evidence('files', 'as before', prepared.files.dir)]
    if (at.at === 'before') return { evidence }
    if (at.at === 'elsewhere') throw drifted(at.detail)
    const phase = await client.phase(prepared.files, context)
    await inDoubt(async () => {
      if (phase !== 'returned') {
        await stopped(client, context)
        await client.putBack(prepared.files, context)
      }
      if ((await client.facts(context)) === undefined) await client.start(context)
      await untilUp(client, options.server, context)
    })
    const left = { what: 'what was written since the restore', why: `it is in ${prepared.files.folder}/restored` }
    return { evidence, ...(phase === 'placed' || phase === 'returning' ? { notRestored: [left] } : {}) }
  },
})

async function refuseOtherSnapshot(client: RedisRestoreClient, { backup: snapshot }: Prepared, context: StepContext): Promise<void> {
  const now = await client.backup(snapshot.path, context)
  if (now?.sha256 !== snapshot.sha256) throw drifted(`${snapshot.path} is not what it was`)
}

/** From here on the server may be stopped: what fails says nothing about that. */
async function inDoubt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof RollbackError ? withEffect(error, 'unknown') : error
  }
}

/** From wherever an earlier attempt has stopped. */
async function goOn(
  client: RedisRestoreClient,
  { files: set, backup: snapshot }: Prepared,
  phase: RedisPhase,
  context: ExecuteContext,
): Promise<void> {
  if (phase === 'returning' || phase === 'returned') throw drifted('it was put back already')
  if (phase === 'none' || phase === 'begun') {
    await context.note({ stops: 'redis' })
    await stopped(client, context)
    await client.setAside(set, context)
  }
  if (phase !== 'placed') {
    await stopped(client, context)
    await client.place(set, snapshot, context)
  }
  if ((await client.facts(context)) === undefined) await client.start(context)
}

async function stopped(client: RedisRestoreClient, context: StepContext): Promise<void> {
  for (let looks = 0; looks < 200; looks++) {
    if ((await client.facts(context).catch(whileItEnds)) === undefined) return
    if (looks === 0) await client.stop(context)
    else await context.clock.sleep(100, context.abortSignal)
  }
  throw new RollbackError('OUTCOME_UNKNOWN', 'Redis was told to stop and still answers', {
    hint: 'Look whether something starts it again, then resume.',
  })
}

/** A server that is going cuts connections before it refuses them. */
function whileItEnds(error: unknown): 'ending' {
  if (error instanceof RollbackError && error.code === 'BACKEND_UNAVAILABLE') return 'ending'
  throw error
}

async function untilUp(client: RedisRestoreClient, server: string, context: StepContext): Promise<void> {
  for (let looks = 0; looks < 600; looks++) {
    const facts = await client.facts(context).catch(whileItEnds)
    if (facts !== undefined && facts !== 'ending' && !facts.isLoading) return
    await context.clock.sleep(100, context.abortSignal)
  }
  throw new RollbackError('TIMED_OUT', `Redis ${server} was started and is not up`, { hint: 'Read its log, then resume.' })
}

async function probeRedis(client: RedisRestoreClient, prepared: Prepared, context: StepContext): Promise<Position<RestoreRedisReceipt>> {
  const phase = await client.phase(prepared.files, context)
  const facts = await client.facts(context)
  const hasStopped = context.notes.some((note) => note['stops'] === 'redis')
  if (facts === undefined) {
    if (phase === 'none' && !hasStopped) return { at: 'unknown', detail: 'nobody listens at the address, and this run has not stopped it' }
    return { at: 'between', detail: `the server is stopped, phase ${phase}` }
  }
  if (!isSameSet(fileSetOf(facts, ''), prepared.files))
    return { at: 'elsewhere', detail: `the server now loads ${facts.dbfilename} of ${facts.dir}` }
  if (phase === 'placed') return { at: 'after', receipt: receiptOf(prepared) }
  return phase === 'none' || phase === 'returned' ? { at: 'before' } : { at: 'between', detail: `phase ${phase}` }
}

function receiptOf({ files: { folder }, backup: { sha256 } }: Prepared): RestoreRedisReceipt {
  return { sha256, keptIn: join(folder, 'old') }
}

function fileSetOf(facts: RedisFacts, mark: string): RedisFileSet {
  const { dir, dbfilename, isAppendOnly, appendOnlyName, version } = facts
  return {
    dir,
    dbfilename,
    isAppendOnly,
    appendOnlyName,
    hasManifest: Number.parseInt(version, 10) >= 7,
    folder: join(dir, `backstep-${mark.slice(0, 12)}`),
  }
}

function isSameSet(one: RedisFileSet, other: RedisFileSet): boolean {
  return (['dir', 'dbfilename', 'isAppendOnly', 'appendOnlyName'] as const).every((key) => one[key] === other[key])
}

function findingsOf(facts: RedisFacts, { path, format }: RedisBackup): readonly Finding[] {
  const newest = newestFormat[Number.parseInt(facts.version, 10)]
  return [
    ...blockerWhen(
      facts.isCluster,
      'db-restore.redis-cluster',
      'The server is a node of a cluster',
      'Restore a cluster node by node with its own tools.',
    ),
    ...blockerWhen(
      facts.role !== 'master' || facts.replicas > 0,
      'db-restore.redis-replicas',
      `The server is ${facts.role} with ${facts.replicas} replicas`,
      'Take replicas and Sentinel off first: they would take over, or copy what is restored.',
    ),
    ...blockerWhen(format === 0, 'db-restore.redis-no-snapshot', `${path} is no snapshot of Redis`, 'Give a dump.rdb.'),
    ...blockerWhen(
      newest !== undefined && format > newest,
      'db-restore.redis-newer',
      `${path} has format ${format}, and Redis ${facts.version} loads up to ${newest ?? format}`,
      'Restore it into a newer server.',
    ),
    ...blockerWhen(
      path.startsWith(join(facts.dir, '/')),
      'db-restore.redis-inside',
      `${path} lies in the folder of the server, where it may be overwritten`,
      'Copy it to another folder first.',
    ),
  ]
}

function blockerWhen(isSo: boolean, code: Finding['code'], message: string, hint: string): readonly Finding[] {
  return isSo ? [{ level: 'blocker', code, message, hint }] : []
}

function outOfReach(server: string): RollbackError {
  return new RollbackError('BACKEND_UNAVAILABLE', `Nobody listens at the address of Redis ${server}`, {
    hint: 'Start the server first: one that is out of reach has lost nothing, and is not restored for that.',
    effect: 'none',
  })
}

function drifted(detail: string): RollbackError {
  return new RollbackError('DRIFTED', detail, { hint: 'Find out who changed the server, then preview again.', effect: 'none' })
}
