import { withParts } from './cache.ts'
import { minutes } from './install.ts'
import type { Cost, System } from './system.ts'

/** What a system costs with all its parts. */
export function costOf(system: System): Cost {
  const parts = withParts(system).map(({ cost }) => cost)
  const sum = (of: (cost: Cost) => number): number => parts.reduce((total, cost) => total + of(cost), 0)
  return {
    installSeconds: sum(({ installSeconds }) => installSeconds),
    diskMegabytes: sum(({ diskMegabytes }) => diskMegabytes),
    startSeconds: sum(({ startSeconds }) => startSeconds),
    memoryMegabytes: sum(({ memoryMegabytes }) => memoryMegabytes),
  }
}

export function costLine({ installSeconds, diskMegabytes, startSeconds, memoryMegabytes }: Cost): string {
  return `${minutes(installSeconds)} to install once, ${diskMegabytes} MB of disk, ${startSeconds} s to start, ${memoryMegabytes} MB of memory while it runs`
}
