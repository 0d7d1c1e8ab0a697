import { existsSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { withParts } from './cache.ts'
import { ensureInstalled } from './install.ts'
import {
  addUser,
  allInstances,
  type Instance,
  livingUsers,
  newState,
  processesFolder,
  readInstance,
  removeUser,
  sharedFolder,
  stopInstance,
  systemProcesses,
  watcherName,
  writeState,
} from './instance.ts'
import { withLock } from './lock.ts'
import { isAlive, type ProcessIdentity, startRecorded, thisProcess } from './processes.ts'
import { startContext } from './start-context.ts'
import { type Progress, type System, TestbedError } from './system.ts'
import { systemNamed } from './systems.ts'

export interface RunningOptions {
  /** The process for which it runs. When this one and every other user is gone, the instance is stopped. Default: this process. */
  readonly user?: ProcessIdentity
  /** It stays when its users are gone, until somebody stops it. */
  readonly isKept?: boolean
  /** Where it is; default: where everybody looks. */
  readonly folder?: string
  readonly progress: Progress
}

/**
 * Gives back a running and healthy instance: the one that is there, or a new one, installed first when that is needed. Processes that call this
 * at the same moment get the same instance. One that was found broken is stopped and started anew.
 *
 * @throws TestbedError when the machine lacks something, or the system does not start.
 */
export async function ensureRunning(
  system: System,
  { user = thisProcess(), isKept = false, folder, progress }: RunningOptions,
): Promise<Instance> {
  await ensureInstalled(system, progress)
  const home = folder ?? sharedFolder(system)
  return withInstanceLock(home, progress, async () => {
    const found = readInstance(home)
    const problem = found === undefined ? 'none is running' : await whatStaysWrong(found, system)
    if (problem !== undefined && found !== undefined) {
      progress.stage(`${system.name}: ${problem}; stopping what is left of it`)
      await stopInstance(found, system)
    }
    const instance = problem === undefined && found !== undefined ? found : await startNew(system, home, user, progress)
    addUser(home, user)
    if (!isKept || instance.state.isKept) return instance
    const kept = { ...instance.state, isKept: true }
    writeState(home, kept)
    return { folder: home, state: kept }
  })
}

/** The process needs the instance no longer. Resolves when the instance is stopped, if nobody else needs it and it is not kept. */
export async function leave(folder: string, user: ProcessIdentity, progress: Progress): Promise<void> {
  await withInstanceLock(folder, progress, async () => {
    removeUser(folder, user)
    const instance = readInstance(folder)
    if (instance !== undefined && !instance.state.isKept && livingUsers(folder).length === 0) await stopNow(instance)
  })
}

/** Stops the instance, whoever uses it. */
export async function stopRunning(folder: string, progress: Progress): Promise<void> {
  await withInstanceLock(folder, progress, async () => {
    const instance = readInstance(folder)
    if (instance !== undefined) await stopNow(instance)
  })
}

/** Stops every instance whose users were ended before they could. Their watchers do the same; this is for when those were ended too. */
export async function stopAbandoned(progress: Progress): Promise<readonly Instance[]> {
  const abandoned = allInstances().filter(isAbandoned)
  for (const { folder } of abandoned) {
    await withInstanceLock(folder, progress, async () => {
      const instance = readInstance(folder)
      if (instance !== undefined && isAbandoned(instance)) await stopNow(instance)
    })
  }
  return abandoned
}

function isAbandoned({ folder, state }: Instance): boolean {
  return !state.isKept && livingUsers(folder).length === 0
}

/** What is wrong with a running instance; `undefined` when it serves. */
export async function whatIsWrong({ folder, state }: Instance, system: System): Promise<string | undefined> {
  if (state.phase !== 'running') return 'its start was interrupted'
  const records = systemProcesses(folder)
  const ended = records.filter((record) => !isAlive(record)).map(({ name }) => name.replace(/^\d+-/, ''))
  if (ended.length > 0) return `${ended.join(', ')} has ended`
  for (const part of withParts(system)) {
    const problem = await part.health?.(state.settings)
    if (problem !== undefined) return `${part.name}: ${problem}`
  }
  return undefined
}

const patienceMs = 30_000
const lookAgainMs = 1_000

/**
 * The same, but of an instance that others use a look that fails is no proof: on a busy machine an answer may be late. It is broken when one of its
 * processes has ended, or when it has not served for half a minute.
 */
async function whatStaysWrong(instance: Instance, system: System): Promise<string | undefined> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const problem = await whatIsWrong(instance, system)
    const isPatient = instance.state.phase === 'running' && systemProcesses(instance.folder).every(isAlive)
    const hasUsers = livingUsers(instance.folder).length > 0
    if (problem === undefined || !isPatient || !hasUsers || performance.now() > deadline) return problem
    await sleep(lookAgainMs)
  }
}

function withInstanceLock<Result>(folder: string, progress: Progress, work: () => Promise<Result>): Promise<Result> {
  const name = basename(folder)
  return withLock(`run-${name}`, work, () => progress.detail(`${name}: another process starts or stops it; waiting`))
}

async function stopNow(instance: Instance): Promise<void> {
  await stopInstance(instance, systemNamed(instance.state.system))
}

async function startNew(system: System, folder: string, user: ProcessIdentity, progress: Progress): Promise<Instance> {
  const startMs = performance.now()
  progress.stage(`starting ${system.name} ${system.version}`)
  rmSync(folder, { recursive: true, force: true })
  writeState(folder, newState(system))
  for (const one of [user, thisProcess()]) addUser(folder, one)
  await startWatcher(folder)
  try {
    const context = startContext(folder, progress)
    for (const part of withParts(system)) await part.start?.(context)
  } catch (error) {
    const failed = readInstance(folder)
    const logs = keepLogs(folder)
    if (failed !== undefined) await stopInstance(failed, system)
    throw new TestbedError(`${system.name} did not start: ${error instanceof Error ? error.message : String(error)}`, {
      hint: logs,
      cause: error,
    })
  }
  const started = readInstance(folder)
  if (started === undefined) throw new TestbedError(`${folder} was removed while ${system.name} started`, { hint: 'Start it again.' })
  const state = { ...started.state, phase: 'running' as const }
  writeState(folder, state)
  if (user.pid !== process.pid) removeUser(folder, thisProcess())
  progress.stage(`${system.name} is up after ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
  return { folder, state }
}

function keepLogs(folder: string): string {
  return existsSync(join(folder, 'logs'))
    ? 'The last lines of its logs are above. `pnpm testbed doctor` looks at this machine.'
    : 'Run `pnpm testbed doctor`.'
}

async function startWatcher(folder: string): Promise<void> {
  const program = fileURLToPath(new URL('watcher.ts', import.meta.url))
  const args = ['--disable-warning=ExperimentalWarning', program, folder]
  const logFile = join(folder, 'logs', 'watcher.log')
  await startRecorded(processesFolder(folder), watcherName, { command: process.execPath, args, cwd: '/', logFile })
  await sleep(0)
}
