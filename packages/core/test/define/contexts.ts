import type { ContactCall, ContactObserver, ExecuteContext, Json, Output, PrepareContext } from '@backstep/core'

interface Given {
  readonly contacts?: ContactObserver
  /** Values of outputs. */
  readonly read?: (output: Output<Json>) => Json
}

/** A context with everything that a step may use; nothing waits, nothing is kept. */
export function testContext({ contacts = { before: () => undefined, after: () => undefined }, read }: Given = {}): PrepareContext &
  ExecuteContext {
  return {
    abortSignal: new AbortController().signal,
    clock: { now: () => 0, sleep: async () => undefined },
    report: () => undefined,
    reveal: async ({ name }) => `value of ${name}`,
    seal: async (plaintext) => ({ sealed: plaintext }),
    unseal: async ({ sealed }) => sealed,
    evidence: (what, value, source) => ({ what, value, source, at: '2026-11-23T03:00:00Z' }),
    workDirectory: async () => '/nowhere',
    notes: [],
    open: async function* nothing() {},
    contacts,
    read: (output) => {
      if (read === undefined) throw new Error('this test knows no outputs')
      return read(output) as never
    },
    mark: 'mark-1',
    approved: undefined,
    keep: async () => ({ blob: '', bytes: 0 }),
    idempotencyKey: 'run/step/execute',
    attempt: 1,
    fence: () => 1,
    note: async () => undefined,
  }
}

/** Writes down every contact. */
export function contactLog(): {
  readonly calls: readonly (ContactCall & { readonly when: 'before' | 'after' | 'failed' })[]
  readonly contacts: ContactObserver
} {
  const calls: (ContactCall & { readonly when: 'before' | 'after' | 'failed' })[] = []
  const log =
    (when: 'before' | 'after' | 'failed') =>
    (call: ContactCall): void => {
      calls.push({ ...call, when })
    }
  return { calls, contacts: { before: log('before'), after: log('after'), failed: log('failed') } }
}
