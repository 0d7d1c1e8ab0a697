/**
 * Milliseconds before the next look: 150 at first, then a tenth more each time, at most ten seconds. So what has happened is
 * seen at most 150 ms and a tenth of the time it took later. Looks are cheap; a person is waiting.
 */
export function lookDelayMs(looks: number): number {
  return Math.min(10_000, Math.round(150 * 1.1 ** looks))
}

/** Milliseconds before the next attempt at an effect: one second at first, doubling, at most thirty. */
export function retryDelayMs(attempt: number): number {
  return Math.min(30_000, 500 * 2 ** Math.min(attempt, 7))
}
