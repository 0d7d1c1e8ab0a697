import {
  RollbackError,
  type BlobRef,
  type Evidence,
  type ExecuteContext,
  type Instant,
  type Json,
  type JsonObject,
  type Output,
  type PrepareContext,
  type ProgressEvent,
  type StepContext,
} from '@backstep/core'
import type { CallScope } from './call.ts'
import type { RunnerPorts } from './ports.ts'

/** What a context needs to know of the step it is for. */
export interface ContextSource {
  readonly ports: RunnerPorts
  readonly scope: CallScope
  readonly notes: readonly JsonObject[]
  readonly report: (event: ProgressEvent) => void
  readonly workDirectory: () => Promise<string>
  readonly open: (blob: BlobRef) => AsyncIterable<Uint8Array>
}

export function stepContext({ ports, scope, notes, report, workDirectory, open }: ContextSource): StepContext {
  const { clock } = ports
  return {
    abortSignal: scope.abortSignal,
    contacts: scope.contacts,
    clock,
    report,
    notes,
    workDirectory,
    open,
    async reveal({ name }) {
      const value = await ports.secrets(name)
      if (value !== undefined) return value
      throw new RollbackError('SECRET_NOT_FOUND', `There is no secret "${name}"`, {
        hint: `Make ${name} known to the runner's secrets port; by default it is read from the environment.`,
      })
    },
    seal: async (plaintext) => ({ sealed: await ports.sealText(plaintext) }),
    unseal: ({ sealed }) => ports.unsealText(sealed),
    evidence: (what, value, source): Evidence => ({ what, value, source, at: new Date(clock.now()).toISOString() as Instant }),
  }
}

export interface PrepareSource extends ContextSource {
  readonly read: <T extends Json>(output: Output<T>) => T
  readonly mark: string
  readonly approved: PrepareContext['approved']
  readonly keep: PrepareContext['keep']
}

export function prepareContext(source: PrepareSource): PrepareContext {
  const { read, mark, approved, keep } = source
  return { ...stepContext(source), read, mark, approved, keep }
}

export interface ExecuteSource extends ContextSource {
  readonly idempotencyKey: string
  readonly attempt: number
  readonly fence: ExecuteContext['fence']
  readonly note: ExecuteContext['note']
}

export function executeContext(source: ExecuteSource): ExecuteContext {
  const { idempotencyKey, attempt, fence, note } = source
  return { ...stepContext(source), idempotencyKey, attempt, fence, note }
}
