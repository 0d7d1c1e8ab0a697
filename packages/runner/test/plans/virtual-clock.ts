import type { RunnerClock } from '../../src/index.ts'

/** Time that passes when the program has nothing else to do: it jumps from timer to timer. For runs in memory only. */
export function virtualClock(): RunnerClock {
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>()
  let now = Date.UTC(2026, 10, 23, 3)
  let isJumping = false
  const jump = async (): Promise<void> => {
    if (isJumping) return
    isJumping = true
    for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
    isJumping = false
    const [first] = [...timers].sort((one, other) => one.at - other.at)
    if (first === undefined) return
    timers.delete(first)
    now = Math.max(now, first.at)
    first.callback()
    if (timers.size > 0) void jump()
  }
  const after: RunnerClock['after'] = (milliseconds, callback) => {
    const timer = { at: now + milliseconds, callback }
    timers.add(timer)
    void jump()
    return () => timers.delete(timer)
  }
  return {
    now: () => now,
    monotonic: () => now,
    after,
    sleep: (milliseconds) => new Promise((resolve) => after(milliseconds, resolve)),
  }
}
