import type { ChildProcess } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { plainCause, RollbackError } from '@backstep/core'
import { attemptFiles, dropMark, issueTicket, revokeTicket, type AttemptFiles } from './attempt-files.ts'
import { dismissWatcher, launch, signalGroup } from './launcher.ts'
import { tailOf } from './output-tail.ts'

export interface ToolRequest {
  /** A private folder that is there again after a crash: `await context.workDirectory()`. Marks and output are kept in it. */
  readonly folder: string
  /** Names what runs, in files and messages: `'helm-rollback'`. One process at a time under one name and folder. */
  readonly name: string
  /** The absolute path of the program; see `findTool`. */
  readonly command: string
  /** Arguments, each as it is: no shell reads them. Never a secret, since every user of the machine can list them. */
  readonly args: readonly string[]
  /** The whole environment of the tool. A secret may stand in it, or in `input`, or in a private file. */
  readonly environment: Readonly<Record<string, string>>
  /** What the tool reads as its standard input. Default: nothing. */
  readonly input?: string | Uint8Array
  /** Where the tool runs. Default: `folder`. */
  readonly currentFolder?: string
  /** Values that stand in `environment` or `input` and must not come back: an argument that holds one is refused, output shows `[secret]`. */
  readonly secretValues?: readonly string[]
  readonly abortSignal: AbortSignal
  /** How long the tool may go on after an abort before it is told to stop (SIGTERM). Default 0: at once. */
  readonly finishWithinMs?: number
  /** How long it may take to stop before it is killed. Default 5,000. */
  readonly killAfterMs?: number
  /**
   * What happens to the tool when this process dies: it is stopped, or it finishes its work and the next process waits for it with
   * `settled`. Choose `finish` where half the work is worse than late work. Default `finish`.
   */
  readonly whenWeDie?: 'finish' | 'stop'
  /** How much of each output is returned, from its end. Default 16 KiB. */
  readonly tailBytes?: number
}

/** How a tool ended. Neither an exit code of 0 nor another one says what became of the world: look at it. */
export interface ToolExit {
  readonly exitCode: number | null
  /** The signal that ended it. */
  readonly signal: string | null
  /** The end of its standard output. */
  readonly output: string
  /** The end of its standard error. */
  readonly errors: string
  /** One of the two was longer than what is returned. */
  readonly isOutputCut: boolean
}

const defaultTailBytes = 16_384
const defaultKillAfterMs = 5000

/**
 * Runs a command line tool to its end.
 *
 * The tool gets a process group of its own and writes into files, so it is not disturbed when this process dies; it can be found again by
 * `settled`, which a step calls before anything else. An abort lets it go on for `finishWithinMs`, then stops it with everything that it
 * started.
 *
 * @throws RollbackError `PRECONDITION_FAILED` when there is no such program, `INTERNAL` when an argument holds a secret, `ABORTED` without
 * effect before the start and with an unknown one when the tool had to be stopped, `LEASE_LOST` without effect when another process has
 * taken over meanwhile, `NOT_SUPPORTED` on Windows. An exit code other than 0 is no throw.
 */
export async function runTool(request: ToolRequest): Promise<ToolExit> {
  const { folder, name, abortSignal } = request
  await refuseBeforeStart(request)
  const files = attemptFiles(folder, name)
  await issueTicket(folder, files)
  if (abortSignal.aborted) {
    await revokeTicket(files)
    throw notStarted(name)
  }
  const child = launch(files, {
    command: request.command,
    args: request.args,
    environment: request.environment,
    input: request.input,
    currentFolder: request.currentFolder ?? folder,
    stopsWithUs: request.whenWeDie === 'stop',
    killAfterMs: request.killAfterMs ?? defaultKillAfterMs,
  })
  const { exitCode, signal, wasStopped } = await ended(child, request)
  if (exitCode === 75 && (await wasRevoked(files))) throw takenOver(name)
  await dropMark(files)
  if (wasStopped) throw stopped(name, signal)
  return { exitCode, signal, ...(await outputOf(files, request)) }
}

async function refuseBeforeStart({ name, command, args, secretValues = [], abortSignal }: ToolRequest): Promise<void> {
  if (process.platform === 'win32') {
    throw new RollbackError('NOT_SUPPORTED', `${name} cannot be run on Windows`, { hint: 'Run the plan on Linux or macOS.' })
  }
  if (secretValues.some((value) => value !== '' && args.some((arg) => arg.includes(value)))) {
    throw new RollbackError('INTERNAL', `An argument of ${name} holds the value of a secret`, {
      hint: 'This is a defect of the step: its author has to hand secrets over by environment, input or a private file.',
      effect: 'none',
    })
  }
  if (!isAbsolute(command)) {
    throw new RollbackError('INTERNAL', `${name} was to be started by the relative path ${command}`, {
      hint: 'This is a defect of the step: its author has to resolve the path with findTool.',
      effect: 'none',
    })
  }
  if (abortSignal.aborted) throw notStarted(name)
  await access(command, constants.X_OK).catch((cause: unknown) => {
    throw new RollbackError('PRECONDITION_FAILED', `${command} cannot be run`, {
      hint: `Install ${name} on this machine, or say where it is.`,
      cause: plainCause(cause),
    })
  })
}

interface Ended {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly wasStopped: boolean
}

async function ended(child: ChildProcess, request: ToolRequest): Promise<Ended> {
  const { abortSignal, finishWithinMs = 0, killAfterMs = defaultKillAfterMs } = request
  let wasStopped = false
  const timers: NodeJS.Timeout[] = []
  const kill = (): void => signalGroup(child, 'SIGKILL')
  const stop = (): void => {
    wasStopped = true
    signalGroup(child, 'SIGTERM')
    timers.push(setTimeout(kill, killAfterMs))
  }
  const onAbort = (): void => void timers.push(setTimeout(stop, finishWithinMs))
  abortSignal.addEventListener('abort', onAbort, { once: true })
  if (abortSignal.aborted) onAbort()
  try {
    return await new Promise<Ended>((resolve, reject) => {
      child.once('error', (cause) => reject(notRun(request.name, cause)))
      child.once('exit', (exitCode, signal) => {
        dismissWatcher(child)
        if (wasStopped) kill() // what the tool had started may have ignored the first signal
        resolve({ exitCode, signal, wasStopped })
      })
    })
  } finally {
    abortSignal.removeEventListener('abort', onAbort)
    timers.forEach(clearTimeout)
  }
}

async function outputOf(
  files: AttemptFiles,
  { tailBytes = defaultTailBytes, secretValues = [] }: ToolRequest,
): Promise<Pick<ToolExit, 'output' | 'errors' | 'isOutputCut'>> {
  const [output, errors] = await Promise.all([tailOf(files.output, tailBytes, secretValues), tailOf(files.errors, tailBytes, secretValues)])
  return { output: output.text, errors: errors.text, isOutputCut: output.isCut || errors.isCut }
}

async function wasRevoked({ revoked }: AttemptFiles): Promise<boolean> {
  return access(revoked).then(
    () => true,
    () => false,
  )
}

function notStarted(name: string): RollbackError {
  return new RollbackError('ABORTED', `${name} was not started`, { hint: 'Resume the run when it may go on.', effect: 'none' })
}

function notRun(name: string, cause: Error): RollbackError {
  return new RollbackError('PRECONDITION_FAILED', `${name} could not be started`, {
    hint: 'Look at the limits of this machine (processes, memory, open files), then resume.',
    cause: plainCause(cause),
  })
}

function stopped(name: string, signal: string | null): RollbackError {
  return new RollbackError('ABORTED', `${name} was stopped in the middle of its work${signal === null ? '' : ` (${signal})`}`, {
    hint: 'Look at what it has done before anything else.',
  })
}

function takenOver(name: string): RollbackError {
  return new RollbackError('LEASE_LOST', `${name} was not run: another process of this run has taken over`, {
    hint: 'Let the other process go on; end this one.',
    effect: 'none',
  })
}
