/** Milliseconds before the next look: a quarter of a second at first, doubling, at most ten. Looks are cheap; a person is waiting. */
export function lookDelayMs(looks: number): number {
  return Math.min(10_000, 250 * 2 ** Math.min(looks, 6))
}

/** Milliseconds before the next attempt at an effect: one second at first, doubling, at most thirty. */
export function retryDelayMs(attempt: number): number {
  return Math.min(30_000, 500 * 2 ** Math.min(attempt, 7))
}
