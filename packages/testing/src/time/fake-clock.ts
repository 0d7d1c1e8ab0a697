import type { RunnerClock } from '@backstep/runner'
import { Timeline } from './timeline.ts'

export interface FakeClockOptions {
  /** What `now()` says at first, in milliseconds since 1970. Default: the start of 2026, UTC. */
  readonly startsAt?: number
  /**
   * Jumps to the next timer whenever the program has nothing else to do for a moment. For code that waits for its clock only: a jump also
   * goes over the time-out of a call that waits for a disk or a network. Default `false`.
   */
  readonly auto?: boolean
  /**
   * Besides, lets time pass by itself, this many times as fast as real time. 50 turns a wait of ten seconds into one of 200 ms and leaves
   * a real backend a fiftieth of each time-out. Default 0: time stands still until it is moved.
   */
  readonly speed?: number
}

/** A clock that a test moves. */
export interface FakeClock extends RunnerClock {
  /**
   * Moves time, calling back every timer on the way at its own time and letting the program go on after each. Resolves when the last one
   * was called.
   */
  advance(milliseconds: number): Promise<void>
  /** How many timers and sleeps wait for their time. */
  pending(): number
  /** Stops time for ever: nothing that waits is called any more. Frees the real timers, so that a test program can end. */
  stop(): void
}

/**
 * A clock for tests of steps, plans and runners: fifteen minutes of observation pass in milliseconds.
 *
 * ```ts
 * const clock = fakeClock()
 * const slept = clock.sleep(900_000)
 * await clock.advance(900_000)
 * await slept
 * ```
 *
 * It replaces no global: only code that uses the clock it was given is affected.
 */
export function fakeClock({ startsAt = Date.UTC(2026, 0, 1), auto = false, speed = 0 }: FakeClockOptions = {}): FakeClock {
  const timeline = new Timeline({ speed, isAuto: auto })
  const after: RunnerClock['after'] = (milliseconds, callback) => timeline.after(milliseconds, callback)
  return {
    now: () => Math.floor(startsAt + timeline.elapsed()),
    monotonic: () => timeline.elapsed(),
    after,
    sleep: (milliseconds, abortSignal) => sleepWith(after, milliseconds, abortSignal),
    advance: (milliseconds) => timeline.advance(milliseconds),
    pending: () => timeline.waiting,
    stop: () => timeline.stop(),
  }
}

function sleepWith(after: RunnerClock['after'], milliseconds: number, abortSignal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (abortSignal?.aborted === true) return reject(abortSignal.reason as Error)
    const onAbort = (): void => {
      cancel()
      reject(abortSignal?.reason as Error)
    }
    const cancel = after(milliseconds, () => {
      abortSignal?.removeEventListener('abort', onAbort)
      resolve()
    })
    abortSignal?.addEventListener('abort', onAbort, { once: true })
  })
}
