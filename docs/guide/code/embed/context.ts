import { randomUUID } from 'node:crypto'
import type { ExecuteContext, Instant, PrepareContext } from '@backstep/core'

const refuse = (what: string) => (): never => {
  throw new Error(`the example has no ${what}`)
}

/** What steps may use: here a real clock, and none of what the example's step does not ask for. */
export function contextFor(attempt: number, idempotencyKey: string): PrepareContext & ExecuteContext {
  return {
    abortSignal: AbortSignal.timeout(30_000),
    clock: { now: () => Date.now(), sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)) },
    contacts: { before: () => undefined, after: () => undefined },
    evidence: (what, value, source) => ({ what, value, source, at: new Date().toISOString() as Instant }),
    mark: randomUUID().replaceAll('-', ''),
    approved: undefined,
    notes: [],
    attempt,
    idempotencyKey,
    report: () => undefined,
    fence: () => 1,
    note: async () => undefined,
    read: refuse('outputs'),
    reveal: refuse('secrets'),
    seal: refuse('secrets'),
    unseal: refuse('secrets'),
    keep: refuse('streams'),
    open: refuse('streams'),
    workDirectory: refuse('folder'),
  }
}
