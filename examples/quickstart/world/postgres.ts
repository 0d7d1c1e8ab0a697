import { execFile } from 'node:child_process'
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { RollbackError } from '@backstep/core'
import { freePort } from './free-port.ts'
import { findPostgres, type PostgresPrograms } from './postgres-binaries.ts'
import { isAlive, startRecorded, type ProcessRecord } from './processes.ts'

export interface PostgresOptions {
  /** Made when missing; everything of the server is inside, or in the temporary folder when it must run as another user. */
  readonly folder: string
  readonly logFile: string
  readonly processes: string
  readonly password: string
  readonly asRoot?: 'namespace' | 'nobody'
  readonly signal?: AbortSignal
}
export interface RunningPostgres {
  readonly port: number
  readonly user: 'shop'
  readonly process: ProcessRecord
  /** A folder outside the world that has to be removed with it. */
  readonly outside?: string
}

const readyWithinMs = 30_000

/** Makes a database cluster and starts it on a free loopback port; passwords are required, no Unix socket is opened. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const programs = findPostgres(options.asRoot)
  const home = makeHome(options.folder, programs)
  const native = programs.user === undefined ? programs.native : copyPrograms(programs, home)
  const data = join(home, 'data')
  await initialise({ ...programs, native }, home, data, options)
  const port = await freePort()
  const [command = '', ...args] = [
    ...programs.prefix,
    join(native, 'bin', 'postgres'),
    '-D',
    data,
    '-p',
    String(port),
    ...settings.flatMap((setting) => ['-c', setting]),
  ]
  const user = programs.user === undefined ? {} : { user: programs.user }
  const server = startRecorded(options.processes, 'postgres', { command, args, cwd: home, logFile: options.logFile, ...user })
  await untilReady(server, data, options.logFile)
  return { port, user: 'shop', process: server, ...(programs.user === undefined ? {} : { outside: home }) }
}

/** The world is thrown away when it ends, so nothing of it has to survive a power cut. */
const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'fsync=off',
  'max_connections=60',
  'shared_buffers=32MB',
  'autovacuum=off',
]

function makeHome(folder: string, { user }: PostgresPrograms): string {
  if (user === undefined) {
    mkdirSync(folder, { recursive: true })
    return folder
  }
  const outside = mkdtempSync(join(tmpdir(), 'backstep-quickstart-postgres-'))
  chownSync(outside, user.uid, user.gid)
  return outside
}

function copyPrograms({ native }: PostgresPrograms, home: string): string {
  const copy = join(home, 'native')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

async function initialise(programs: PostgresPrograms, home: string, data: string, { password, signal }: PostgresOptions): Promise<void> {
  const passwordFile = join(home, 'password')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (programs.user !== undefined) chownSync(passwordFile, programs.user.uid, programs.user.gid)
  const [command, ...args] = [
    ...programs.prefix,
    join(programs.native, 'bin', 'initdb'),
    `--pgdata=${data}`,
    `--pwfile=${passwordFile}`,
    '--username=shop',
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ]
  try {
    await promisify(execFile)(command, args, { cwd: home, ...programs.user, ...(signal === undefined ? {} : { signal }) })
  } catch (cause) {
    signal?.throwIfAborted()
    throw new RollbackError('NOT_SUPPORTED', `PostgreSQL could not make its data folder: ${reasonOf(cause)}`, {
      hint: 'Run the quickstart as a normal user, in a folder where that user may write.',
      cause,
    })
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

function reasonOf(cause: unknown): string {
  const { stderr, message } = cause as { readonly stderr?: string; readonly message: string }
  return stderr?.split('\n').find((line) => line.includes('error')) ?? message.split('\n')[0] ?? 'no reason given'
}

/** The server writes `ready` as the eighth line of its own pid file. */
async function untilReady(server: ProcessRecord, data: string, logFile: string): Promise<void> {
  const deadline = performance.now() + readyWithinMs
  while (performance.now() < deadline && isAlive(server)) {
    if (statusLine(data) === 'ready') return
    await sleep(10)
  }
  throw new RollbackError('TIMED_OUT', 'PostgreSQL did not get ready', { hint: `Read ${logFile} for the reason.` })
}

function statusLine(data: string): string | undefined {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim()
  } catch {
    return undefined
  }
}
