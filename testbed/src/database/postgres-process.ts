import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { asOrdinaryUser } from '../ordinary-user.ts'
import type { Settings } from '../system.ts'
import { type PostgresMajor, postgresBin } from '../systems/postgres-programs.ts'
import { onSmallDisk } from './small-disk.ts'

export const superuserName = 'postgres'
export const testRoleName = 'tester'

/** How every server here runs: on loopback, quick to start, and what it holds may be lost with the machine. */
const serverSettings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  // Its transactions would be taken for writes of whoever counts them.
  autovacuum: 'off',
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  log_min_messages: 'warning',
  log_line_prefix: '%m [%p] %a ',
  timezone: 'UTC',
}

/** A password for a server on loopback that lives as long as a run of tests. */
export function newPassword(): string {
  return randomBytes(18).toString('base64url')
}

export interface NewServer {
  readonly folder: string
  readonly major: PostgresMajor
  readonly password: string
  readonly settings: Readonly<Record<string, string>>
}

/** Where a server keeps its files, and the command that becomes it. */
export interface ServerFiles {
  readonly dataFolder: string
  readonly command: readonly [string, ...string[]]
}

/** Makes the files of a new server in `<folder>/data`. */
export async function newServer({ folder, major, password, settings }: NewServer): Promise<ServerFiles> {
  const dataFolder = join(folder, 'data')
  await postgresProgram(major, 'initdb', initFlags(dataFolder, writePassword(folder, password)))
  return { dataFolder, command: await serverCommand(major, dataFolder, settings) }
}

/** The same on a disk of its own that is made by the command. The WAL stays on the disk of the machine, so that a full one is no panic. */
export async function newServerOnSmallDisk({ folder, major, password, settings }: NewServer, megabytes: number): Promise<ServerFiles> {
  const dataFolder = join(folder, 'disk', 'data')
  const wal = join(folder, 'wal')
  const bin = postgresBin(major)
  const prepare = [join(bin, 'initdb'), ...initFlags(dataFolder, writePassword(folder, password)), `--waldir=${wal}`]
  const server = [join(bin, 'postgres'), '-D', dataFolder, ...settingFlags(settings)]
  return { dataFolder, command: onSmallDisk(folder, megabytes, prepare, server) }
}

function writePassword(folder: string, password: string): string {
  const path = join(folder, 'superuser.password')
  writeFileSync(path, password, { mode: 0o600 })
  return path
}

/** Passwords are asked for by every connection (SCRAM), also for replication. */
function initFlags(dataFolder: string, passwordFile: string): readonly string[] {
  const flags = ['--no-sync', '--no-instructions', '-A', 'scram-sha-256', '-U', superuserName, '-E', 'UTF8', '--locale', 'C.UTF-8']
  return ['-D', dataFolder, ...flags, `--pwfile=${passwordFile}`]
}

function settingFlags(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries({ ...serverSettings, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** The command that becomes the server over these files. */
export async function serverCommand(
  major: PostgresMajor,
  dataFolder: string,
  settings: Readonly<Record<string, string>>,
): Promise<readonly [string, ...string[]]> {
  const [first, ...rest] = [...((await asOrdinaryUser()) ?? []), join(postgresBin(major), 'postgres'), '-D', dataFolder]
  return [first, ...rest, ...settingFlags(settings)]
}

/** Runs a program of that major to its end, as the user that owns the files of the server. */
export async function postgresProgram(
  major: PostgresMajor,
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const [command, ...before] = [...((await asOrdinaryUser()) ?? []), join(postgresBin(major), name)]
  return promisify(execFile)(command, [...before, ...args], { env: { ...process.env, ...env }, maxBuffer: 64_000_000 })
}

/** True when the server takes connections. */
export async function isReady(major: PostgresMajor, port: number): Promise<boolean> {
  const answer = promisify(execFile)(join(postgresBin(major), 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port), '-t', '2'])
  return answer.then(
    () => true,
    () => false,
  )
}

/** As `state.json` keeps them. */
export interface PostgresFacts {
  readonly major: PostgresMajor
  readonly port: number
  readonly dataFolder: string
  readonly superuserPassword: string
  readonly testRolePassword: string
}

export function factsOf(settings: Settings): PostgresFacts {
  const { major, port, dataFolder, superuserPassword, testRolePassword } = settings
  return {
    major: Number(major) as PostgresMajor,
    port: Number(port),
    dataFolder: String(dataFolder),
    superuserPassword: String(superuserPassword),
    testRolePassword: String(testRolePassword),
  }
}
