import type { Actor } from '@backstep/core'
import type { Tracer } from '@opentelemetry/api'
import type { RunnerClock } from './clock.ts'
import type { RequestBox } from './requests.ts'
import type { LeaseOwner, LeaseStore, OutboxNotice, RunStore } from './store.ts'

/** What the runner needs from outside. `fileRunner` fills all of it with a directory of this machine. */
export interface RunnerPorts {
  readonly store: RunStore
  readonly leases: LeaseStore
  /** Cancels and answers from other processes. */
  readonly requests: RequestBox
  readonly clock: RunnerClock
  /** The value of a secret, or `undefined` when there is none of this name. Asked at each use; never kept. */
  readonly secrets: (name: string) => Promise<string | undefined>
  /** Encrypts short texts for `context.seal`. */
  readonly sealText: (plaintext: string) => Promise<string>
  readonly unsealText: (ciphertext: string) => Promise<string>
  /** Delivers one message. A throw is tried again, beside the run; it never delays or fails it. */
  readonly deliver?: (notice: OutboxNotice, signal: AbortSignal) => Promise<void>
  /** Random text of 32 hexadecimal digits: run ids and marks. */
  readonly randomId: () => string
  readonly owner: Omit<LeaseOwner, 'runId'>
  /** Who is recorded when a call names nobody. */
  readonly actor: Actor
  /** Default: the global tracer, which does nothing until the program registers a provider. */
  readonly tracer: Tracer
  /** Makes a private folder for one read of a preview or a query. Whoever reads removes it. */
  readonly scratchDirectory: (name: string) => Promise<string>
  readonly limits: RunnerLimits
}

export interface RunnerLimits {
  /** Reads (prepare in a preview) beside each other. Default 8. */
  readonly maxParallelReads: number
  /** How long a lease lasts without being renewed. Default 30,000; renewed every third of it. */
  readonly leaseTtlMs: number
  /** How long a late step waits for a lease that somebody else holds. Default 10,000. */
  readonly leaseWaitMs: number
  /** How long a step that was told to stop may take to do so. Default 5,000. */
  readonly graceMs: number
  /** How long the end of a run waits for messages that are under way. Default 3,000. */
  readonly noticeGraceMs: number
}

export const defaultLimits: RunnerLimits = {
  maxParallelReads: 8,
  leaseTtlMs: 30_000,
  leaseWaitMs: 10_000,
  graceMs: 5000,
  noticeGraceMs: 3000,
}
