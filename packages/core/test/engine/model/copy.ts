import type { Engine } from './engine.ts'
import type { Run } from '../../../src/index.ts'

/** A copy that keeps what the last evaluation remembered, which `forkRun` leaves out: so that remembering is tested too. */
export function copyLive(engine: Engine, run: Run): Run {
  return { ...engine.forkRun(run), memos: deepCopy(run.memos) }
}

function deepCopy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(deepCopy) as T
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, deepCopy(inner)] as const)) as T
  if (value instanceof Set) return new Set(value) as T
  const copy: Record<string, unknown> = {}
  for (const key in value) copy[key] = deepCopy(value[key])
  return copy as T
}
