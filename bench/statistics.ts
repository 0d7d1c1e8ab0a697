/** The middle one, or the mean of the two in the middle. One disturbed round in a few does not move it. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** How long the work takes, in milliseconds. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** How long the work keeps a processor busy, in milliseconds: unlike the time on the clock it hardly depends on what else the machine does. */
export async function busyFor(work: () => unknown): Promise<number> {
  globalThis.gc?.()
  const start = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

/** A thousandth each: milliseconds for so many steps as microseconds a step. */
export function microsecondsEach(milliseconds: number, count: number): number {
  return (milliseconds * 1000) / count
}
