import type { RunnerClock } from './clock.ts'

interface LateTimer {
  readonly clock: RunnerClock
  readonly due: number
  readonly callback: () => void
  /** Once the clock has it. */
  cancel: (() => void) | undefined
}

const waiting = new Set<LateTimer>()

/**
 * Like `clock.after`, for timers that are nearly always taken back at once: the clock gets one only in the next turn of the event loop,
 * before which no timer could call back anyway. Most calls are over by then, and setting a timer would have cost as much as the call.
 */
export function afterUnlessSoon(clock: RunnerClock, milliseconds: number, callback: () => void): () => void {
  const timer: LateTimer = { clock, due: clock.monotonic() + milliseconds, callback, cancel: undefined }
  if (waiting.size === 0) setImmediate(setTimers)
  waiting.add(timer)
  return () => {
    waiting.delete(timer)
    timer.cancel?.()
  }
}

function setTimers(): void {
  for (const timer of waiting) timer.cancel = timer.clock.after(Math.max(0, timer.due - timer.clock.monotonic()), timer.callback)
  waiting.clear()
}
