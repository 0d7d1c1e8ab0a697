import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestbedError } from './system.ts'

/** A process by more than its number: a number is given to somebody else once its process is gone, a number with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number
  /** As text to compare. */
  readonly startedAt: string
}

export interface RecordedProcess extends ProcessIdentity {
  readonly name: string
}

const bootFile = '/proc/sys/kernel/random/boot_id'
const hasProc = existsSync(bootFile)

/**
 * When the process started; `undefined` when there is no such process, or only its remains.
 *
 * @throws Error of the system when it cannot tell, for example because too many files are open: that is no proof of an end.
 */
export function startTimeOf(pid: number): string | undefined {
  if (!hasProc) return startTimeFromPs(pid)
  const boot = bootId()
  try {
    return startTimeInStat(readFileSync(`/proc/${pid}/stat`, 'utf8'), boot)
  } catch (error) {
    const { code = '' } = error as { readonly code?: string }
    if (['ENOENT', 'ESRCH'].includes(code)) return undefined
    throw error
  }
}

function bootId(): string {
  return readFileSync(bootFile, 'utf8').trim()
}

/** Fields 3 (state) and 22 (ticks since boot) of proc_pid_stat(5). The program's name stands in brackets and may hold anything. */
function startTimeInStat(stat: string, boot: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${boot}/${fields[19]}`
}

function startTimeFromPs(pid: number): string | undefined {
  const { stdout, error } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  if (error !== undefined) throw error
  return stdout.trim() === '' ? undefined : stdout.trim()
}

export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  return startTimeOf(pid) === startedAt
}

export function thisProcess(): ProcessIdentity {
  return identityOf(process.pid)
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startedAt: startTimeOf(pid) ?? 'ended' }
}

/** The process writes who it is before it becomes the command, so that there is no moment at which it runs and nobody knows. */
const recordAndBecome = `
if [ -r ${bootFile} ]; then read -r boot < ${bootFile}; read -r stat < /proc/$$/stat; else boot=ps; stat="$$ $(ps -o lstart= -p $$)"; fi
printf '%s %s\\n' "$boot" "$stat" > "$0.new" && mv "$0.new" "$0" && exec "$@"`

export interface DetachedCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly logFile: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Starts a process in a group of its own, its output in a file, recorded in `<folder>/<name>`. It goes on when we end.
 *
 * @throws TestbedError when it could not be started.
 */
export async function startRecorded(folder: string, name: string, what: DetachedCommand): Promise<RecordedProcess> {
  mkdirSync(folder, { recursive: true })
  mkdirSync(dirname(what.logFile), { recursive: true })
  const file = join(folder, name)
  rmSync(file, { force: true })
  const log = openSync(what.logFile, 'a')
  let hasEnded = false
  const child = spawn('/bin/sh', ['-c', recordAndBecome, file, what.command, ...what.args], {
    cwd: what.cwd,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...what.env },
  })
  for (const event of ['error', 'exit'] as const) child.on(event, () => (hasEnded = true))
  child.unref()
  closeSync(log)
  while (!existsSync(file)) {
    if (hasEnded) throw new TestbedError(`${what.command} could not be started`, { hint: `Read ${what.logFile}.` })
    await sleep(5)
  }
  const record = readRecord(folder, name)
  if (record === undefined) throw new TestbedError(`${file} was changed by somebody else`, { hint: 'Run the same command again.' })
  return record
}

/** Every recorded process, alive or not, in the order of their names. */
export function recordedProcesses(folder: string): readonly RecordedProcess[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => !name.endsWith('.new'))
  return names.toSorted().flatMap((name) => readRecord(folder, name) ?? [])
}

function readRecord(folder: string, name: string): RecordedProcess | undefined {
  try {
    const text = readFileSync(join(folder, name), 'utf8').trim()
    const boot = text.slice(0, text.indexOf(' '))
    const rest = text.slice(boot.length + 1)
    const pid = Number.parseInt(rest, 10)
    const startedAt = boot === 'ps' ? rest.slice(String(pid).length).trim() : startTimeInStat(rest, boot)
    return Number.isInteger(pid) && startedAt !== undefined ? { name, pid, startedAt } : undefined
  } catch {
    return undefined
  }
}

/** Asks exactly this process to end, waits, and ends it when it has not gone by then; at once with a patience of 0. Does nothing when it is gone. */
export async function stopProcess(record: ProcessIdentity, patienceMs = 10_000, request: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (patienceMs > 0) await signalUntilGone(record, request, patienceMs)
  await signalUntilGone(record, 'SIGKILL', 5_000)
}

async function signalUntilGone(record: ProcessIdentity, signal: NodeJS.Signals, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs
  if (!isAlive(record)) return
  try {
    process.kill(record.pid, signal)
  } catch {
    return
  }
  while (isAlive(record) && performance.now() < deadline) await sleep(10)
}
