import type { RunnerClock } from '@backstep/runner'

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

interface Timer {
  readonly at: number
  readonly callback: () => void
}

// Timers of Node hold at most a little under 25 days.
const longestMs = 2_147_483_647

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
  const timers = new Set<Timer>()
  const realStart = performance.now()
  let jumpedMs = 0
  let stoppedAt: number | undefined
  let realTimer: NodeJS.Timeout | undefined
  let isJumping = false

  const elapsed = (): number => stoppedAt ?? jumpedMs + (performance.now() - realStart) * speed
  const next = (): Timer | undefined => [...timers].reduce<Timer | undefined>((first, timer) => (first === undefined || timer.at < first.at ? timer : first), undefined)
  const fire = (timer: Timer): void => {
    timers.delete(timer)
    timer.callback()
  }
  const jumpTo = (at: number): void => {
    jumpedMs += Math.max(0, at - elapsed())
  }
  const fireDue = (): void => {
    for (let timer = next(); timer !== undefined && timer.at <= elapsed(); timer = next()) fire(timer)
    schedule()
  }
  const jumpWhenIdle = async (): Promise<void> => {
    if (isJumping) return
    isJumping = true
    await turns(3)
    isJumping = false
    const timer = next()
    if (stoppedAt !== undefined || timer === undefined) return
    jumpTo(timer.at)
    fireDue()
  }
  const schedule = (): void => {
    clearTimeout(realTimer)
    const timer = next()
    if (stoppedAt !== undefined || timer === undefined) return
    if (auto) void jumpWhenIdle()
    if (speed > 0) realTimer = setTimeout(fireDue, Math.min(longestMs, Math.max(0, (timer.at - elapsed()) / speed)))
  }
  const after: RunnerClock['after'] = (milliseconds, callback) => {
    const timer: Timer = { at: elapsed() + Math.max(0, milliseconds), callback }
    timers.add(timer)
    schedule()
    return () => {
      if (timers.delete(timer)) schedule()
    }
  }
  return {
    now: () => Math.floor(startsAt + elapsed()),
    monotonic: elapsed,
    after,
    sleep: (milliseconds, abortSignal) => sleepWith(after, milliseconds, abortSignal),
    async advance(milliseconds) {
      const until = elapsed() + milliseconds
      await turns(1)
      for (let timer = next(); timer !== undefined && timer.at <= until && stoppedAt === undefined; timer = next()) {
        jumpTo(timer.at)
        fire(timer)
        await turns(1)
      }
      jumpTo(until)
      schedule()
      await turns(1)
    },
    pending: () => timers.size,
    stop() {
      stoppedAt = elapsed()
      clearTimeout(realTimer)
    },
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

/** Lets the program go on: everything that is ready, and what that makes ready. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
