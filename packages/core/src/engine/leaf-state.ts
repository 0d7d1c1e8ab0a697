import type { BlobRef } from '../contract/context.ts'
import type { JsonObject } from '../contract/json.ts'
import type { Evidence } from '../contract/observation.ts'
import type { Undo } from '../contract/preparation.ts'
import type { Idempotency } from '../contract/risk.ts'
import type { Approval, BlockReason, Failure, VerdictStatus } from './records.ts'

/**
 * Where a leaf stands going forward.
 *
 * pending → prepared → intended → effected → done. A definite refusal fails it; anything else leaves it in `doubt`, which only looking
 * resolves. `stuck` waits for a person.
 */
export type Phase = 'pending' | 'prepared' | 'intended' | 'doubt' | 'stuck' | 'effected' | 'done' | 'failed' | 'skipped'

/** Where a leaf stands going back. `ready`: looked, and there is something to undo. */
export type UndoPhase = 'none' | 'ready' | 'intended' | 'doubt' | 'effected' | 'done' | 'failed'

/** What a preparation left behind for the rest of the run. */
export interface PreparedFacts {
  readonly prepared: JsonObject
  readonly mark: string
  readonly snapshot?: BlobRef
  readonly approvalHash: string
  readonly risk: readonly string[]
  readonly idempotency?: Idempotency
  readonly undo?: Undo
  readonly leases: readonly string[]
  readonly resources: readonly string[]
  readonly summary: string
}

/** All that is known of one leaf. Replaced, never changed. */
export interface LeafState {
  readonly phase: Phase
  /** Something of this step may stand in the world: it belongs to what going back undoes. */
  readonly touched: boolean
  /** The target was there already: verified, never executed, never undone. */
  readonly unchanged: boolean
  readonly undo: UndoPhase
  /** A person decided to leave the effect standing. */
  readonly standing: boolean
  /** A person allowed an undo that loses data. */
  readonly undoAllowed: boolean
  /** Number of the present attempt at the effect, from 1; it only grows. */
  readonly attempt: number
  /** Attempt at which the present limit started to count: a person's retry grants new ones. */
  readonly attemptBase: number
  /** How often it was put back and begun again: what a provider drops as a repeat of the first time is no repeat. */
  readonly generation: number
  readonly undoAttempt: number
  readonly undoAttemptBase: number
  /** An attempt ended without a clear outcome. A look that finds nothing does not end the doubt: the effect may arrive after it. */
  readonly doubted: boolean
  /** The latest attempt was refused for certain, while an earlier one is in doubt. */
  readonly refused: boolean
  readonly undoDoubted: boolean
  readonly undoRefused: boolean
  /** The way over the point of no return was taken. Counts together with `touched`. */
  readonly crossed: boolean
  /** Looks, verifications or samples in a row without a final answer, and since when. */
  readonly looks: number
  readonly since?: number
  /** Earliest time of the next command. */
  readonly notBefore?: number
  readonly facts?: PreparedFacts
  readonly receipt?: JsonObject
  readonly failure?: Failure
  /** Why it is stuck. */
  readonly stuck?: BlockReason
  readonly undoFailure?: Failure
  readonly notes: readonly JsonObject[]
  readonly status?: VerdictStatus
  readonly evidence: readonly Evidence[]
  readonly notRestored: readonly { readonly what: string; readonly why: string }[]
  readonly healthySince?: number
  /** Gate, or a hazardous step that asks: open since, for which hash. */
  readonly asked?: { readonly since: number; readonly hash: string }
  readonly answers: readonly Approval[]
  readonly denied?: Approval
}

export const freshLeaf: LeafState = Object.freeze({
  phase: 'pending',
  touched: false,
  unchanged: false,
  undo: 'none',
  standing: false,
  undoAllowed: false,
  attempt: 1,
  attemptBase: 0,
  generation: 0,
  undoAttempt: 1,
  undoAttemptBase: 0,
  doubted: false,
  refused: false,
  undoDoubted: false,
  undoRefused: false,
  crossed: false,
  looks: 0,
  notes: [],
  evidence: [],
  notRestored: [],
  answers: [],
})

/** A copy with some facts replaced; `undefined` removes one. */
export function withFacts(leaf: LeafState, patch: { readonly [K in keyof LeafState]?: LeafState[K] | undefined }): LeafState {
  return { ...leaf, ...patch } as LeafState
}

/**
 * An effect of ours stands in the world, or may still arrive there. Such a step is not prepared again: it would take its own effect for
 * something that was there before it.
 */
export function mayStand({ touched, doubted }: LeafState): boolean {
  return touched || doubted
}
