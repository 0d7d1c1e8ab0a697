import type { RunnerClock } from '../../src/index.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly callback: () => void
}

/** One process's view of the time: when it is killed its timers are gone, like itself. */
export interface ProcessClock extends RunnerClock {
  readonly kill: () => void
}

/** Time that stands still while the program has something to do, and jumps to the next timer when it has not. */
export interface JumpingTime {
  readonly now: () => number
  /** Waits without doing anything: other timers go off meanwhile. */
  readonly pass: (milliseconds: number) => Promise<void>
  readonly process: () => ProcessClock
}

const quietTurns = 5

export function jumpingTime(start = Date.UTC(2026, 10, 23, 3)): JumpingTime {
  const timers = new Set<Timer>()
  let now = start
  let order = 0
  let isWatching = false

  const goOff = (): void => {
    const [first] = [...timers].sort((one, other) => one.at - other.at || one.order - other.order)
    if (first === undefined) return
    timers.delete(first)
    now = Math.max(now, first.at)
    first.callback()
  }
  const watch = async (): Promise<void> => {
    if (isWatching) return
    isWatching = true
    while (timers.size > 0) {
      for (let turn = 0; turn < quietTurns; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
      goOff()
    }
    isWatching = false
  }
  const set = (milliseconds: number, callback: () => void): Timer => {
    const timer = { at: now + Math.max(0, milliseconds), order: order++, callback }
    timers.add(timer)
    void watch()
    return timer
  }
  return {
    now: () => now,
    pass: (milliseconds) => new Promise((resolve) => void set(milliseconds, resolve)),
    process: () => processClock({ now: () => now, set, cancel: (timer) => void timers.delete(timer) }),
  }
}

interface Time {
  readonly now: () => number
  readonly set: (milliseconds: number, callback: () => void) => Timer
  readonly cancel: (timer: Timer) => void
}

function processClock({ now, set, cancel }: Time): ProcessClock {
  const mine = new Set<Timer>()
  let isDead = false
  const after: RunnerClock['after'] = (milliseconds, callback) => {
    if (isDead) return () => undefined
    const timer = set(milliseconds, () => {
      mine.delete(timer)
      callback()
    })
    mine.add(timer)
    return () => cancel(timer)
  }
  return {
    now,
    monotonic: now,
    after,
    sleep: (milliseconds, abortSignal) =>
      new Promise((resolve, reject) => {
        const stop = after(milliseconds, resolve)
        abortSignal?.addEventListener('abort', () => {
          stop()
          reject(abortSignal.reason as Error)
        })
      }),
    kill() {
      isDead = true
      for (const timer of mine) cancel(timer)
    },
  }
}
