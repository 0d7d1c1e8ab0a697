import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { instanceKey, runningFolder } from './cache.ts'
import { isAlive, type ProcessIdentity, recordedProcesses, type RecordedProcess, stopProcess } from './processes.ts'
import type { Settings, System } from './system.ts'

const format = 'backstep-testbed-instance/v1'
const stateName = 'state.json'

/** A running system, as its folder tells. */
export interface Instance {
  readonly folder: string
  readonly state: InstanceState
}

export interface InstanceState {
  readonly format: typeof format
  readonly system: string
  readonly version: string
  /** When its start began, ISO 8601. */
  readonly since: string
  /** `starting` stays behind when the one who started it was ended in the middle. */
  readonly phase: 'starting' | 'running'
  /** True: it runs until somebody stops it. False: it is stopped when its last user is gone. */
  readonly isKept: boolean
  readonly settings: Settings
}

/** The instance that everybody shares. */
export function sharedFolder(system: System): string {
  return join(runningFolder(), `${system.name}-${instanceKey(system)}`)
}

export function processesFolder(folder: string): string {
  return join(folder, 'processes')
}

export function newState(system: System): InstanceState {
  return {
    format,
    system: system.name,
    version: system.version,
    since: new Date().toISOString(),
    phase: 'starting',
    isKept: false,
    settings: {},
  }
}

/** `undefined` when the folder holds no instance. */
export function readInstance(folder: string): Instance | undefined {
  try {
    const state = JSON.parse(readFileSync(join(folder, stateName), 'utf8')) as InstanceState
    return state.format === format ? { folder, state } : undefined
  } catch {
    return undefined
  }
}

export function writeState(folder: string, state: InstanceState): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, stateName)
  writeFileSync(`${path}.new`, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** Every instance on this machine, of any version. */
export function allInstances(): readonly Instance[] {
  const folder = runningFolder()
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => readInstance(join(folder, name)) ?? [])
}

const usersFolder = (folder: string): string => join(folder, 'users')

/** Notes that a process uses the instance: as long as one does, it is not stopped behind its back. */
export function addUser(folder: string, user: ProcessIdentity): void {
  mkdirSync(usersFolder(folder), { recursive: true })
  const path = join(usersFolder(folder), String(user.pid))
  writeFileSync(`${path}.new`, JSON.stringify(user))
  renameSync(`${path}.new`, path)
}

export function removeUser(folder: string, user: ProcessIdentity): void {
  rmSync(join(usersFolder(folder), String(user.pid)), { force: true })
}

/** Those that are still there. */
export function livingUsers(folder: string): readonly ProcessIdentity[] {
  const names = namesIn(usersFolder(folder)).filter((name) => !name.endsWith('.new'))
  return names.flatMap((name) => {
    const user = readUser(join(usersFolder(folder), name))
    return user !== undefined && isAlive(user) ? [user] : []
  })
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

function readUser(path: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}

/** The watcher's record; it is no part of the system. */
export const watcherName = '00-watcher'

/** The processes of the system itself. */
export function systemProcesses(folder: string): readonly RecordedProcess[] {
  return recordedProcesses(processesFolder(folder)).filter(({ name }) => name !== watcherName)
}

/**
 * Stops every process of the instance, the one that was started last first, each with ten seconds to end by itself, and removes its folder.
 * Processes are known by their id and start time: no other process is ever asked to end.
 */
export async function stopInstance({ folder, state }: Instance, system: System | undefined): Promise<void> {
  await system?.stop?.(state.settings)
  for (const record of recordedProcesses(processesFolder(folder)).toReversed()) {
    if (record.pid !== process.pid) await stopProcess(record)
  }
  rmSync(folder, { recursive: true, force: true })
}
