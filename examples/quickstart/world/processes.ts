import { execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RollbackError } from '@backstep/core'
import { readJson, writeJson } from './json-file.ts'

/** A process by more than its number: a number is given to somebody else once its process is gone, a number with its start time is not. */
export interface ProcessRecord {
  readonly name: string
  readonly pid: number
  readonly startedAt: string
}

/** When the process started, as text to compare; `undefined` when there is no such process (or only its remains). */
export function startTimeOf(pid: number): string | undefined {
  return process.platform === 'linux' ? startTimeFromProc(pid) : startTimeFromPs(pid)
}

function startTimeFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const isZombie = fields[0] === 'Z' || fields[0] === 'X'
    return isZombie ? undefined : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`
  } catch {
    return undefined
  }
}

function startTimeFromPs(pid: number): string | undefined {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return started === '' ? undefined : started
  } catch {
    return undefined
  }
}

export function isAlive(record: ProcessRecord): boolean {
  return startTimeOf(record.pid) === record.startedAt
}

export interface DetachedCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly logFile: string
  readonly env?: NodeJS.ProcessEnv
  readonly user?: { readonly uid: number; readonly gid: number }
}

/**
 * Starts a process in a group of its own, its output in a file, and records it in `<folder>/<name>.json` before anything else can happen.
 * It goes on when we end, so that whoever comes next finds it there and can stop it.
 */
export function startRecorded(folder: string, name: string, what: DetachedCommand): ProcessRecord {
  mkdirSync(dirname(what.logFile), { recursive: true })
  const log = openSync(what.logFile, 'a')
  try {
    const child = spawn(what.command, what.args, {
      cwd: what.cwd,
      detached: true,
      stdio: ['ignore', log, log],
      ...(what.env === undefined ? {} : { env: what.env }),
      ...what.user,
    })
    child.on('error', () => {})
    child.unref()
    if (child.pid === undefined) {
      throw new RollbackError('NOT_SUPPORTED', `${what.command} could not be started`, {
        hint: 'Check that it is installed and may be executed.',
      })
    }
    return recordProcess(folder, name, child.pid)
  } finally {
    closeSync(log)
  }
}

export function recordProcess(folder: string, name: string, pid: number): ProcessRecord {
  const record = { name, pid, startedAt: startTimeOf(pid) ?? 'ended at once' }
  writeJson(join(folder, `${name}.json`), record)
  return record
}

export function recordedProcess(folder: string, name: string): ProcessRecord | undefined {
  return readJson<ProcessRecord>(join(folder, `${name}.json`))
}

/** Every recorded process that is still alive. */
export function livingProcesses(folder: string): readonly ProcessRecord[] {
  let names: readonly string[]
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch {
    return []
  }
  return names.flatMap((name) => recordedProcess(folder, name.slice(0, -'.json'.length)) ?? []).filter(isAlive)
}

/** Stops exactly this process: asks with `signal`, waits, and ends it when it has not gone by then. Does nothing when it is gone. */
export async function stopRecorded(
  folder: string,
  record: ProcessRecord,
  signal: NodeJS.Signals = 'SIGTERM',
  patienceMs = 5_000,
): Promise<void> {
  await signalUntilGone(record, signal, patienceMs)
  await signalUntilGone(record, 'SIGKILL', 2_000)
  rmSync(join(folder, `${record.name}.json`), { force: true })
}

async function signalUntilGone(record: ProcessRecord, signal: NodeJS.Signals, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs
  if (!isAlive(record)) return
  try {
    process.kill(record.pid, signal)
  } catch {
    return
  }
  while (isAlive(record) && performance.now() < deadline) await sleep(20)
}
