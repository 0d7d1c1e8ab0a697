import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runningFolder } from '../cache.ts'
import { readInstance, systemProcesses } from '../instance.ts'
import { quietly } from '../progress.ts'
import { isAlive, stopProcess, thisProcess } from '../processes.ts'
import { ensureRunning, stopRunning } from '../running.ts'
import { plainName, runProcess } from '../start-context.ts'
import { type System, TestbedError } from '../system.ts'
import { postgresSystems, startServer } from '../systems/postgres.ts'
import type { PostgresMajor } from '../systems/postgres-programs.ts'
import { fillDisk, requireSmallDisk } from './small-disk.ts'
import { factsOf, isReady, type PostgresFacts, postgresProgram, serverCommand, superuserName } from './postgres-process.ts'
import { joinPostgres, type PostgresServer } from './postgres-server.ts'

export interface OwnPostgresOptions {
  /** Default 18. */
  readonly major?: PostgresMajor
  /** As in `postgresql.conf`; they win over those of the testbed. */
  readonly settings?: Readonly<Record<string, string>>
  /** Every finished WAL file is copied to `archiveFolder`: what recovery to a point in time needs. */
  readonly isArchiving?: boolean
  /** The data, without the WAL, on a disk of that size. Such a server cannot be started again. Linux only; at least 80. */
  readonly diskMegabytes?: number
}

/** How a server is ended: `fast` cuts sessions and writes a checkpoint, `immediate` has to recover afterwards, `kill` is SIGKILL. */
export type ServerEnd = 'fast' | 'immediate' | 'kill'

/** A server that nobody else uses: it may be killed, restarted and filled up. */
export interface OwnPostgres extends PostgresServer {
  /** `PGDATA`. */
  readonly dataFolder: string
  readonly archiveFolder: string
  readonly logFile: string
  /** Resolves when it is gone. What is on its disk stays. */
  stop(end?: ServerEnd): Promise<void>
  /** Starts it again on the same port, with more settings if given. Resolves when it takes connections. */
  start(settings?: Readonly<Record<string, string>>): Promise<void>
  /** A base backup of the whole server, plain files, with the WAL to use it. Gives back its folder. */
  baseBackup(): Promise<string>
  /** Runs a client program of this major as the owner of the files, logged in as the superuser. */
  run(name: string, args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }>
  /** A second server over another data folder, for example a base backup with a `recovery.signal`, with the roles and passwords of this one. */
  startCopy(dataFolder: string, settings?: Readonly<Record<string, string>>): Promise<OwnPostgres>
  /** Fills the disk of a server with `diskMegabytes`. The returned function makes room again. */
  fillDisk(): Promise<() => Promise<void>>
}

export interface StartedPostgres {
  readonly server: OwnPostgres
  readonly stop: () => Promise<void>
}

/** The same for a program: whoever calls this calls `stop`. When this process is killed, the server is stopped all the same. */
export async function startOwnPostgres(options: OwnPostgresOptions = {}): Promise<StartedPostgres> {
  const { major = 18, settings = {}, isArchiving = false, diskMegabytes } = options
  if (diskMegabytes !== undefined) await requireSmallDisk()
  const folder = newFolder(major)
  const all = { ...(isArchiving ? archiving(folder) : {}), ...settings }
  return started(
    { ...postgresSystems[major], start: (context) => startServer(context, { major, settings: all, diskMegabytes }) },
    folder,
    all,
  )
}

function newFolder(major: PostgresMajor): string {
  return join(runningFolder(), `postgres${major}-own-${process.pid}-${randomBytes(3).toString('hex')}`)
}

function archiving(folder: string): Readonly<Record<string, string>> {
  const target = `${join(folder, 'archive')}/%f`
  return { archive_mode: 'on', wal_level: 'replica', archive_command: `test ! -f "${target}" && cp "%p" "${target}"` }
}

async function started(system: System, folder: string, settings: Readonly<Record<string, string>>): Promise<StartedPostgres> {
  const make: System = {
    ...system,
    async start(context) {
      mkdirSync(join(folder, 'archive'), { recursive: true, mode: 0o777 })
      await system.start?.(context)
    },
  }
  await ensureRunning(make, { folder, user: thisProcess(), progress: quietly })
  const facts = factsOf(readInstance(folder)?.state.settings ?? {})
  const { server, release } = joinPostgres({ ...facts })
  const copies: StartedPostgres[] = []
  return {
    server: { ...server, ...ownParts({ folder, facts, settings, copies }) },
    async stop() {
      await Promise.all(copies.map((copy) => copy.stop()))
      await release()
      await end(folder, 'immediate')
      await stopRunning(folder, quietly)
    },
  }
}

interface Own {
  readonly folder: string
  readonly facts: PostgresFacts
  readonly settings: Readonly<Record<string, string>>
  readonly copies: StartedPostgres[]
}

function ownParts({ folder, facts, settings, copies }: Own): Omit<OwnPostgres, keyof PostgresServer> {
  const { major, port, superuserPassword } = facts
  const environment = { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: superuserName, PGPASSWORD: superuserPassword }
  const run: OwnPostgres['run'] = (name, args) => postgresProgram(major, name, args, environment)
  return {
    dataFolder: facts.dataFolder,
    archiveFolder: join(folder, 'archive'),
    logFile: join(folder, 'logs', 'postgres.log'),
    run,
    stop: (how = 'fast') => end(folder, how),
    start: (more = {}) => startAgain(folder, facts, { ...settings, ...more }),
    async baseBackup() {
      const target = join(folder, `backup-${randomBytes(3).toString('hex')}`)
      await run('pg_basebackup', ['-D', target, '-c', 'fast', '--no-sync', '-X', 'stream'])
      return target
    },
    async startCopy(dataFolder, more = {}) {
      const copyFolder = newFolder(major)
      const system = { ...postgresSystems[major], start: copyStart({ ...facts, dataFolder }, more) }
      const copy = await started(system, copyFolder, more)
      copies.push(copy)
      return copy.server
    },
    fillDisk: () => fillDisk(folder, facts.dataFolder),
  }
}

function copyStart(facts: PostgresFacts, settings: Readonly<Record<string, string>>): NonNullable<System['start']> {
  return async (context) => {
    const port = await context.freePort()
    context.keep({ ...facts, port })
    const [command, ...args] = await serverCommand(facts.major, facts.dataFolder, { port: String(port), ...settings })
    await context.run('postgres', command, args)
    await context.until('PostgreSQL takes connections', () => isReady(facts.major, port))
  }
}

const endings = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const

function serverProcess(folder: string): ReturnType<typeof systemProcesses>[number] | undefined {
  return systemProcesses(folder).find(({ name }) => plainName(name) === 'postgres')
}

async function end(folder: string, how: ServerEnd): Promise<void> {
  const record = serverProcess(folder)
  if (record !== undefined) await stopProcess(record, how === 'kill' ? 0 : 20_000, endings[how])
}

const mostAttempts = 40

/** Sessions of a killed server go on for a moment; until they are gone, a new one refuses to start over the same files. */
async function startAgain(folder: string, facts: PostgresFacts, settings: Readonly<Record<string, string>>): Promise<void> {
  const { major, port, dataFolder } = facts
  if (await isReady(major, port)) return
  const [command, ...args] = await serverCommand(major, dataFolder, { port: String(port), ...settings })
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    await runProcess(folder, 'postgres', command, args)
    while (isRunning(folder)) {
      if (await isReady(major, port)) return
      await sleep(50)
    }
    await sleep(250)
  }
  throw new TestbedError('PostgreSQL does not start again', { hint: `Read ${join(folder, 'logs', 'postgres.log')}.` })
}

function isRunning(folder: string): boolean {
  const record = serverProcess(folder)
  return record !== undefined && isAlive(record)
}
