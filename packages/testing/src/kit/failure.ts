import assert, { AssertionError } from 'node:assert/strict'
import { canonical, RollbackError, type Json } from '@backstep/core'

/** Ends a check. Says what was promised, what was seen, and what to do. */
export function fail(message: string): never {
  throw new AssertionError({ message })
}

export function demand(holds: boolean, message: () => string): asserts holds {
  if (!holds) fail(message())
}

/** Compares plain data; the message shows what differs. */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (canonical(actual) === canonical(expected)) return
  try {
    assert.deepStrictEqual(plain(actual), plain(expected))
  } catch (error) {
    fail(`${what}: ${(error as Error).message}`)
  }
  fail(`${what}: they differ`)
}

export function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other)
}

/** Several problems of one kind, the first few in full. */
export function demandNone(problems: readonly string[], what: string): void {
  if (problems.length === 0) return
  const shown = problems.slice(0, 8).map((problem) => `\n  - ${problem}`)
  const more = problems.length > shown.length ? `\n  and ${problems.length - shown.length} more` : ''
  fail(`${what}:${shown.join('')}${more}`)
}

/** Any thrown value in one line. */
export function describeError(error: unknown): string {
  if (error instanceof RollbackError) return `${error.code} (effect ${error.effect}): ${error.message}`
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

/** What a journal gives back. */
export function plain<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T)
}

export function brief(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
