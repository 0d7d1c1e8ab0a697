import type { Clock } from '@backstep/core'
import { setTimeout as wait } from 'node:timers/promises'

/** Time as the runner sees it. */
export interface RunnerClock extends Clock {
  /** Milliseconds that only grow, whatever is done to the system's time. */
  readonly monotonic: () => number
  /** Calls back once, after that time. The returned function takes it back. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
}

// Timers of Node hold at most a little under 25 days.
const longestMs = 2_147_483_647

/** The clock of this machine. */
export const systemClock: RunnerClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(milliseconds, longestMs))
    return () => clearTimeout(timer)
  },
  async sleep(milliseconds, abortSignal) {
    if (milliseconds <= 0) return abortSignal?.throwIfAborted()
    try {
      await wait(Math.min(milliseconds, longestMs), undefined, abortSignal === undefined ? {} : { signal: abortSignal })
    } catch (error) {
      throw abortSignal?.aborted === true ? abortSignal.reason : error
    }
  },
}

/**
 * Stamps for records: wall time at the start, monotonic time from there, never smaller than the record before. A clock that jumps while a
 * run goes on neither shortens nor lengthens any wait.
 */
export function stamps(clock: RunnerClock, notBefore: number): () => number {
  const wall = Math.max(clock.now(), notBefore)
  const start = clock.monotonic()
  return () => Math.round(wall + (clock.monotonic() - start))
}
