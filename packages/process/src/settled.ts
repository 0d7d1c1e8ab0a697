import { setTimeout as wait } from 'node:timers/promises'
import { RollbackError } from '@backstep/core'
import { attemptFiles, dropMark, readMark, revokeTicket } from './attempt-files.ts'
import { startOf } from './process-identity.ts'

export interface SettledRequest {
  /** The folder that was given to `runTool`. */
  readonly folder: string
  /** The name that was given to `runTool`. */
  readonly name: string
  readonly abortSignal: AbortSignal
}

/** What an earlier attempt had left: nothing, a tool that had ended, one that was waited for, or one that had not begun and never will. */
export type Settled = 'nothing' | 'ended' | 'waited' | 'prevented'

const firstPauseMs = 20
const longestPauseMs = 500

/**
 * Resolves when no tool that an earlier process of ours started under this name is at work any more. Call it before anything else when a
 * step goes on after a crash: a tool outlives the process that started it, and would write beside its successor.
 *
 * A process is known again by its id and its start, so an id that was given out again is not waited for. It looks at this machine only:
 * when a run is resumed on another one, whoever moves it has to know that the first machine is off.
 *
 * @throws RollbackError `ABORTED` without effect when the signal says so first.
 */
export async function settled({ folder, name, abortSignal }: SettledRequest): Promise<Settled> {
  refuseWhenAborted(abortSignal, name)
  const files = attemptFiles(folder, name)
  const isPrevented = await revokeTicket(files)
  const mark = isPrevented ? undefined : await readMark(files)
  let hasWaited = false
  for (let pauseMs = firstPauseMs; mark !== undefined && (await startOf(mark.processId)) === mark.start;) {
    hasWaited = true
    await wait(pauseMs, undefined, { signal: abortSignal }).catch(() => refuseWhenAborted(abortSignal, name))
    pauseMs = Math.min(longestPauseMs, pauseMs * 2)
  }
  await dropMark(files)
  if (isPrevented) return 'prevented'
  if (mark === undefined) return 'nothing'
  return hasWaited ? 'waited' : 'ended'
}

function refuseWhenAborted(abortSignal: AbortSignal, name: string): void {
  if (!abortSignal.aborted) return
  throw new RollbackError('ABORTED', `Stopped while waiting for an earlier ${name} to end`, {
    hint: 'Resume the run: it waits for the earlier process again.',
    effect: 'none',
  })
}
