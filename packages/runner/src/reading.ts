import { RollbackError } from '@backstep/core'
import type { RunnerClock } from './clock.ts'

/**
 * Repeats a read that failed with an error that may be retried, with growing pauses, until the limit of time. Reads have no effect, so a
 * refused connection must not fail a step. Throws the last error.
 */
export function reading<T>(clock: RunnerClock, limitMs: number, signal: AbortSignal, read: () => Promise<T>): Promise<T> {
  const end = clock.monotonic() + limitMs
  return read().catch((error: unknown) => readAgain(clock, { end, signal, error }, read))
}

interface FailedRead {
  /** Monotonic time after which nothing is tried. */
  readonly end: number
  readonly signal: AbortSignal
  readonly error: unknown
}

async function readAgain<T>(clock: RunnerClock, failed: FailedRead, read: () => Promise<T>): Promise<T> {
  const { end, signal } = failed
  let { error } = failed
  for (let pauseMs = 100; ; pauseMs = Math.min(5000, pauseMs * 2)) {
    const canRetry = error instanceof RollbackError && error.canRetry && !signal.aborted
    if (!canRetry || clock.monotonic() + pauseMs >= end) throw error
    await clock.sleep(pauseMs, signal).catch(() => undefined)
    if (signal.aborted) throw error
    try {
      return await read()
    } catch (next) {
      error = next
    }
  }
}

/** Runs the work over all items, at most `limit` beside each other, keeping their order. The first throw wins, after what runs has ended. */
export async function inParallel<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index] as T)
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker))
  const failed = ended.find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return results
}
