import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { RollbackError, type Secret } from '@backstep/core'
import { findTool, inheritedEnvironment, runTool, settled, writePrivateFile, type ToolExit } from '@backstep/process'
import { majorOf } from './backup.ts'
import type { DumpRequest, RestoreRequest, ToolCall, ToolEnd, ToolName } from './client.ts'

export interface PostgresToolOptions {
  /** `postgresql://user:password@host:port/database`. */
  readonly url: Secret
  /** Absolute folder of `pg_dump`, `pg_restore` and `psql`. Default: the PATH of this process. */
  readonly binaries?: string | undefined
}

/** A tool that was told to stop gets this long: what it made is private until it has ended. */
const killAfterMs = 5000
const tailBytes = 16_384
const listingBytes = 64 * 1024 * 1024

/** Dumps a database into a file or folder that has no name yet. */
export async function dump(options: PostgresToolOptions, request: DumpRequest, call: ToolCall): Promise<ToolEnd> {
  await mkdir(dirname(request.path), { recursive: true, mode: 0o700 })
  await rm(request.path, { recursive: true, force: true })
  const args = [
    `--format=${request.format}`,
    `--file=${request.path}`,
    `--lock-wait-timeout=${request.lockTimeoutMs}`,
    '--no-password',
    ...(request.jobs > 1 ? [`--jobs=${request.jobs}`] : []),
  ]
  return run(options, { tool: 'pg_dump', args, ...request }, call)
}

/** Restores into an empty database: archives by pg_restore, SQL text by psql. Any error ends it. */
export async function restore(options: PostgresToolOptions, request: RestoreRequest, call: ToolCall): Promise<ToolEnd> {
  const { backup, database, keepsOwners, jobs } = request
  if (backup.format === 'plain') return runPsql(options, backup.path, request, call)
  if (backup.format === 'gzip') return restorePacked(options, request, call)
  const args = [
    '--exit-on-error',
    '--no-password',
    ...(jobs > 1 ? [`--jobs=${jobs}`] : ['--single-transaction']),
    ...(keepsOwners ? [] : ['--no-owner', '--no-acl']),
    `--dbname=${quoted(database)}`,
    backup.path,
  ]
  return run(options, { tool: 'pg_restore', args, ...request }, call)
}

/** What `pg_restore --list` prints; reads the table of contents only. */
export async function listArchive(options: PostgresToolOptions, path: string, call: ToolCall): Promise<string> {
  return readArchive(options, ['--list', path], path, call)
}

/** Reads every byte as a restore would. `--list` is no proof: it says fine of an archive that was cut. */
export async function readArchiveWhole(options: PostgresToolOptions, path: string, call: ToolCall): Promise<void> {
  await readArchive(options, ['--file=/dev/null', path], path, call)
}

/** Waits for what an earlier process of this run had started. */
export async function toolSettled(tool: ToolName, { abortSignal, workDirectory }: ToolCall): Promise<void> {
  await settled({ folder: await workDirectory(), name: tool, abortSignal })
}

const majors = new Map<string, number>()

/** The older of the two tools that a way there and back needs. Asked once for each: a version does not change while it is there. */
export async function toolMajor(options: PostgresToolOptions, call: ToolCall): Promise<number> {
  const found: number[] = []
  for (const tool of ['pg_dump', 'pg_restore']) found.push(await majorOfTool(await toolPath(options, tool), call))
  return Math.min(...found)
}

async function majorOfTool(command: string, call: ToolCall): Promise<number> {
  const known = majors.get(command)
  if (known !== undefined) return known
  const said = await runTool({
    folder: await call.workDirectory(),
    name: 'tool-version',
    command,
    args: ['--version'],
    environment: toolEnvironment(),
    abortSignal: call.abortSignal,
    whenWeDie: 'stop',
  })
  const major = majorOf(/\(PostgreSQL\) (\S+)/.exec(said.output)?.[1] ?? '')
  if (major === undefined) {
    throw new RollbackError('NOT_SUPPORTED', `${command} did not say its version`, { hint: 'Check that this is a program of PostgreSQL.' })
  }
  majors.set(command, major)
  return major
}

async function readArchive(options: PostgresToolOptions, args: readonly string[], path: string, call: ToolCall): Promise<string> {
  const [command, folder] = await Promise.all([toolPath(options, 'pg_restore'), call.workDirectory()])
  const exit = await runTool({
    folder,
    name: 'read-archive',
    command,
    args,
    environment: toolEnvironment(),
    abortSignal: call.abortSignal,
    whenWeDie: 'stop',
    tailBytes: listingBytes,
  })
  if (exit.exitCode === 0) return exit.output
  throw new RollbackError('PRECONDITION_FAILED', `${path} cannot be read to its end: ${lastLine(exit)}`, {
    hint: 'Choose another backup: this one is cut or damaged, or was made by a newer pg_dump.',
  })
}

interface Start {
  readonly tool: string
  readonly args: readonly string[]
  readonly database: string
  readonly sessionName: string
}

async function run(options: PostgresToolOptions, { tool, args, database, sessionName }: Start, call: ToolCall): Promise<ToolExit> {
  const [command, folder] = await Promise.all([toolPath(options, tool), call.workDirectory()])
  const { environment, password } = connectionOf(await call.reveal(options.url), database, sessionName)
  const passwordFile = join(folder, 'pgpass')
  await writePrivateFile(passwordFile, `*:*:*:*:${password.replaceAll(/[\\:]/g, '\\$&')}\n`)
  try {
    return await runTool({
      folder,
      name: tool === 'pg_dump' ? 'pg_dump' : 'pg_restore',
      command,
      args,
      environment: { ...toolEnvironment(), ...environment, PGPASSFILE: passwordFile },
      secretValues: password === '' ? [] : [password],
      abortSignal: call.abortSignal,
      killAfterMs,
      whenWeDie: 'stop',
      tailBytes,
    })
  } finally {
    await rm(passwordFile, { force: true })
  }
}

function runPsql(options: PostgresToolOptions, file: string, request: RestoreRequest, call: ToolCall): Promise<ToolExit> {
  const args = ['--no-psqlrc', '--no-password', '--quiet', '--single-transaction', '--set=ON_ERROR_STOP=1', `--file=${file}`]
  return run(options, { tool: 'psql', args, ...request }, call)
}

async function restorePacked(options: PostgresToolOptions, request: RestoreRequest, call: ToolCall): Promise<ToolExit> {
  const file = join(await call.workDirectory(), 'unpacked.sql')
  try {
    await pipeline(createReadStream(request.backup.path), createGunzip(), createWriteStream(file, { mode: 0o600 }), {
      signal: call.abortSignal,
    })
    return await runPsql(options, file, request, call)
  } finally {
    await rm(file, { force: true })
  }
}

/** A name with a `=` or a `:` would be read as a connection string. */
function quoted(database: string): string {
  return `dbname='${database.replaceAll(/['\\]/g, '\\$&')}'`
}

async function toolPath({ binaries }: PostgresToolOptions, tool: string): Promise<string> {
  return findTool({ tool: binaries === undefined ? tool : join(binaries, tool) })
}

/** No setting of the machine may send a tool to another server. */
function toolEnvironment(): Readonly<Record<string, string>> {
  return { ...inheritedEnvironment((name) => name.startsWith('PG')), LC_ALL: 'C', PGTZ: 'UTC' }
}

const settings: Readonly<Record<string, string>> = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  channel_binding: 'PGCHANNELBINDING',
}

/** A connection URL as the variables that the tools read; the password apart, since it goes into a file. */
function connectionOf(
  url: string,
  database: string,
  sessionName: string,
): { readonly environment: Readonly<Record<string, string>>; readonly password: string } {
  const { hostname, port, username, password, searchParams } = parsed(url)
  const host = searchParams.get('host') ?? hostname
  const extra = [...searchParams].flatMap(([key, value]) => (settings[key] === undefined ? [] : [[settings[key], value] as const]))
  return {
    password: decodeURIComponent(password),
    environment: {
      PGCONNECT_TIMEOUT: '10',
      ...Object.fromEntries(extra),
      ...(host === '' ? {} : { PGHOST: host.replaceAll(/^\[|\]$/g, '') }),
      ...(port === '' ? {} : { PGPORT: port }),
      ...(username === '' ? {} : { PGUSER: decodeURIComponent(username) }),
      PGDATABASE: database,
      PGAPPNAME: sessionName,
      PGOPTIONS: '-c client_connection_check_interval=500',
    },
  }
}

function parsed(url: string): URL {
  try {
    return new URL(url)
  } catch {
    throw new RollbackError('OPTIONS_INVALID', 'The connection URL of the server cannot be read', {
      hint: 'Store it as postgresql://user:password@host:port/database, with special characters percent-encoded.',
    })
  }
}

/** The last line of what a tool said, for people. */
export function lastLine({ exitCode, signal, errors }: ToolEnd): string {
  const said = errors
    .trim()
    .split('\n')
    .filter((line) => !/^(?:pg_restore|pg_dump): (?:detail|hint):|^\s|^Command was:/i.test(line))
  const end = signal === null ? `exit code ${exitCode ?? 'unknown'}` : `signal ${signal}`
  const line = said.findLast((one) => /error|fatal|could not/i.test(one)) ?? said.at(-1)
  return line === undefined || line === '' ? end : `${line.slice(0, 300)} (${end})`
}
