import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ContactCall, ExecuteContext, Instant, JsonObject, PrepareContext, RollbackStep, Work } from '@backstep/core'

export interface TestContext {
  readonly prepare: (mark: string) => PrepareContext
  readonly execute: ExecuteContext
  readonly contacts: readonly ContactCall[]
}

/** A context with the real clock and one secret; remembers every contact. */
export function testContext(databaseUrl: string): TestContext {
  const contacts: ContactCall[] = []
  const unused = (): never => {
    throw new Error('not used by these steps')
  }
  const execute: ExecuteContext = {
    abortSignal: new AbortController().signal,
    clock: {
      now: Date.now,
      sleep: (milliseconds, signal) => sleep(milliseconds, undefined, signal === undefined ? {} : { signal }),
    },
    report: () => {},
    reveal: async () => databaseUrl,
    seal: unused,
    unseal: unused,
    evidence: (what, value, source) => ({ what, value, source, at: new Date().toISOString() as Instant }),
    workDirectory: unused,
    notes: [],
    open: unused,
    contacts: { before: (call) => void contacts.push(call), after: () => {} },
    idempotencyKey: 'key',
    attempt: 1,
    fence: () => 1,
    note: async () => {},
  }
  return { execute, contacts, prepare: (mark) => ({ ...execute, mark, read: unused, approved: undefined, keep: unused }) }
}

/** A mark as the engine makes it. */
export const newMark = (): string => randomBytes(16).toString('hex')

/** Prepares a step as the engine does before it executes it. */
export async function prepared<Receipt extends JsonObject>(
  step: RollbackStep<Receipt>,
  context: TestContext,
): Promise<Work<JsonObject, never, Receipt>> {
  const mark = newMark()
  const preparation = await step.prepare(context.prepare(mark))
  return { prepared: preparation.prepared, snapshot: preparation.snapshot as never, mark, receipt: undefined }
}
