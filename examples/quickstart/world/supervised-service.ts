import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, closeSync, openSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Layout } from './layout.ts'
import { recordProcess } from './processes.ts'

export interface ServiceStatus {
  /** Counts the restarts that were asked for; a crash that was repaired does not count. */
  readonly instance: number
  readonly state: 'starting' | 'running' | 'stopping' | 'failed'
  /** Folder name of the release that it was started from. */
  readonly release: string
  /** Of the restart that brought this instance; empty for the first. */
  readonly mark: string
  readonly pid: number
  readonly startedAt: string
}
export interface RestartRequest {
  readonly expectInstance: number
  readonly release: string
  readonly mark: string
  /** Default: `current` must lead to `release`. A service that is put back starts before its link is. */
  readonly ignoresLink?: boolean
}
export interface SupervisedService {
  status(): ServiceStatus
  start(): Promise<void>
  restart(request: RestartRequest): Promise<ServiceStatus & { readonly refused?: string }>
  stop(): Promise<void>
}
interface Options {
  readonly layout: Layout
  readonly port: number
  readonly databaseUrl: string
}

const stopWithinMs = 3_000
const startWithinMs = 10_000

/** A service with the restarts that were asked for: compare-and-set by instance, the same mark is the same restart. */
export function superviseService(options: Options): SupervisedService {
  const { layout } = options
  const server = keepRunning(options)
  let asked = { instance: 0, mark: '' }
  let underWay = Promise.resolve()
  const status = (): ServiceStatus => ({ ...asked, ...server.status() })
  return {
    status,
    start: () => server.launch(basename(realpathSync(layout.currentLink)), asked),
    stop: () => server.halt(),
    async restart({ expectInstance, release, mark, ignoresLink = false }) {
      const isOurs = asked.mark === mark
      if (!isOurs || server.status().state === 'failed') {
        const refused = isOurs ? undefined : refusalOf(asked.instance, expectInstance)
        const moved = ignoresLink ? undefined : refusalOfLink(layout, release)
        if (refused !== undefined || moved !== undefined) return { ...status(), refused: refused ?? moved ?? '' }
        asked = { instance: isOurs ? asked.instance : asked.instance + 1, mark }
        underWay = underWay.then(() => server.replace(release, asked))
      }
      await underWay
      return status()
    },
  }
}

type ServerStatus = Omit<ServiceStatus, 'instance' | 'mark'>
type Asked = Pick<ServiceStatus, 'instance' | 'mark'>

/** One server process at a time, started from a release folder, started again when it crashes. */
function keepRunning({ layout, port, databaseUrl }: Options) {
  let status: ServerStatus = { state: 'starting', release: '', pid: 0, startedAt: '' }
  let child: ChildProcess | undefined
  const settings = { PORT: String(port), DATABASE_URL: databaseUrl, MAINTENANCE_FILE: layout.maintenanceFile }

  const launch = async (release: string, asked: Asked): Promise<void> => {
    const started = spawnServer(layout, release, settings)
    child = started
    status = { state: 'starting', release, pid: started.pid ?? 0, startedAt: new Date().toISOString() }
    noteStart(layout, { ...asked, ...status })
    started.once('exit', () => {
      const hasCrashed = (): boolean => child === started && status.state === 'running'
      if (hasCrashed()) setTimeout(() => void (hasCrashed() && launch(release, asked)), 500)
    })
    const isUp = await answersWith(started, port)
    status = { ...status, state: isUp ? 'running' : 'failed' }
  }
  const halt = async (): Promise<void> => {
    const old = child
    child = undefined
    status = { ...status, state: 'stopping' }
    if (old !== undefined) await endChild(old)
  }
  const replace = async (release: string, asked: Asked): Promise<void> => {
    status = { ...status, state: 'stopping' }
    await halt()
    await launch(release, asked)
  }
  return { status: () => status, launch, halt, replace }
}

function refusalOf(instance: number, expected: number): string | undefined {
  return instance === expected ? undefined : `instance ${instance} runs, not ${expected}`
}

function refusalOfLink(layout: Layout, release: string): string | undefined {
  const linked = basename(realpathSync(layout.currentLink))
  return linked === release ? undefined : `current leads to ${linked}, not to ${release}`
}

function spawnServer(layout: Layout, release: string, settings: NodeJS.ProcessEnv): ChildProcess {
  const log = openSync(join(layout.logs, 'shop.log'), 'a')
  const folder = join(layout.releases, release)
  const env = { PATH: process.env['PATH'], NODE_ENV: 'production', ...settings }
  const child = spawn(process.execPath, [join(folder, 'server.js')], { cwd: folder, env, stdio: ['ignore', log, log, 'ipc'] })
  child.on('error', () => {})
  closeSync(log)
  if (child.pid !== undefined) recordProcess(layout.processes, 'shop', child.pid)
  return child
}

/** One line for each server that was really started. */
function noteStart(layout: Layout, { instance, release, mark, pid, startedAt }: ServiceStatus): void {
  appendFileSync(join(layout.logs, 'starts.jsonl'), `${JSON.stringify({ at: startedAt, instance, release, mark, pid })}\n`)
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  child.kill('SIGTERM')
  await Promise.race([gone, sleep(stopWithinMs)])
  child.kill('SIGKILL')
  await gone
}

async function answersWith(child: ChildProcess, port: number): Promise<boolean> {
  const deadline = performance.now() + startWithinMs
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const pid = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(1_000) })
      .then((response) => response.json() as Promise<{ pid?: number }>)
      .then((body) => body.pid)
      .catch(() => undefined)
    if (pid === child.pid) return true
    await sleep(20)
  }
  return false
}
