import type { BlobRef } from '../contract/context.ts'
import type { Json, JsonObject } from '../contract/json.ts'
import type { Evidence, Position } from '../contract/observation.ts'
import type { Undo } from '../contract/preparation.ts'
import type { Idempotency } from '../contract/risk.ts'

/** Milliseconds since 1970, UTC; never smaller than in the record before. */
export type At = { readonly at: number }
export type OfLeaf = At & { readonly id: string }

/** A person or a machine that decided something. */
export interface Actor {
  readonly id: string
  readonly roles?: readonly string[]
}

/** One person's yes to one hash. */
export interface Approval {
  readonly actor: Actor
  /** What was approved: `Preview.hash` for the plan, an approval hash for one step. */
  readonly hash: string
  readonly grantedAt: number
  readonly expiresAt?: number
  /** Ids of the hazardous steps that this approval names. A hazardous step that nobody named asks when it is reached. */
  readonly accepts?: readonly string[]
  readonly reason?: string
  /** Decided alone although the policy asks for more people. */
  readonly breakGlass?: boolean
}

/** Whether the failure had an effect, and whether the same call may be made again. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly effect: 'none' | 'unknown'
  readonly canRetry: boolean
}

export type OperatorAnswer = 'retry' | 'skip' | 'applied' | 'not-applied' | 'compensate' | 'abandon' | 'go-on'
export type Outcome = 'succeeded' | 'compensated' | 'partially-compensated' | 'aborted' | 'failed-forward'
export type BlockReason =
  | 'step-failed'
  | 'in-doubt'
  | 'no-data'
  | 'undo-failed'
  | 'undo-loses-data'
  | 'past-point-of-no-return'
  | 'held'
  | 'gate-unanswered'
  | 'lease-held'
  | 'lease-lost'
export type VerdictStatus = 'healthy' | 'progressing' | 'unhealthy' | 'unknown'

/** What the journal holds. A run is the fold over these; nothing about a run is kept anywhere else. */
export type RunRecord =
  | (At & {
      readonly type: 'run.created'
      readonly runId: string
      readonly planHash: string
      readonly previewHash: string
      /** Approval hash of every step that was prepared in the preview. */
      readonly approved: Readonly<Record<string, string>>
      readonly approvals: readonly Approval[]
      /** Lease keys known from the preview. */
      readonly leases: readonly string[]
      /** The preparations of the preview, as they were approved. */
      readonly preparations?: BlobRef
      readonly actor: Actor
      /** Version of the engine that wrote this. */
      readonly engine: string
      /** W3C trace context, so that a resumed run joins the same trace. */
      readonly trace?: string
    })
  | (At & { readonly type: 'run.resumed'; readonly epoch: number; readonly actor: Actor })
  | (At & {
      readonly type: 'plan.overridden'
      readonly leaves: readonly { readonly id: string; readonly from: string; readonly to: string }[]
      readonly actor: Actor
      readonly reason: string
    })
  | (At & { readonly type: 'lease.acquired'; readonly tokens: Readonly<Record<string, number>> })
  | (At & { readonly type: 'lease.refused'; readonly key: string; readonly holder: string })
  | (At & { readonly type: 'lease.lost'; readonly key: string })
  | (At & {
      readonly type: 'lease.taken-over'
      readonly key: string
      readonly displaced: string
      readonly token: number
      readonly actor: Actor
      readonly reason: string
    })
  /** The last look at every approved preparation before the first effect. */
  | (OfLeaf & { readonly type: 'step.surveyed'; readonly position: Position['at']; readonly detail?: string })
  /** The same of steps that were looked at together, and each found where it stands before its change: what is expected of all of them. */
  | (At & { readonly type: 'steps.surveyed'; readonly position: 'before'; readonly ids: readonly string[] })
  | (OfLeaf & {
      readonly type: 'step.prepared'
      readonly prepared: JsonObject
      readonly mark: string
      readonly snapshot?: BlobRef
      readonly approvalHash: string
      readonly risk: readonly string[]
      readonly idempotency?: Idempotency
      readonly undo?: Undo
      readonly leases: readonly string[]
      /** Names of the objects that will change; empty: the target is there already. */
      readonly resources: readonly string[]
      readonly summary: string
    })
  | (OfLeaf & { readonly type: 'step.intended'; readonly attempt: number; readonly key: string })
  | (OfLeaf & { readonly type: 'step.noted'; readonly note: JsonObject })
  | (OfLeaf & { readonly type: 'step.effected'; readonly receipt: JsonObject })
  | (OfLeaf & { readonly type: 'step.failed' } & Failure)
  | (OfLeaf & { readonly type: 'step.probed'; readonly position: Position })
  | (OfLeaf & {
      readonly type: 'step.verified'
      readonly status: VerdictStatus
      readonly evidence: readonly Evidence[]
      readonly detail?: string
    })
  | (OfLeaf & { readonly type: 'no-return.crossing' })
  | (OfLeaf & { readonly type: 'undo.looked'; readonly position: Position })
  | (OfLeaf & { readonly type: 'undo.intended'; readonly attempt: number; readonly key: string })
  /** `receipt`: a scope was entered again on the way back. */
  | (OfLeaf & {
      readonly type: 'undo.effected'
      readonly evidence: readonly Evidence[]
      readonly notRestored: readonly { readonly what: string; readonly why: string }[]
      readonly receipt?: JsonObject
    })
  | (OfLeaf & { readonly type: 'undo.failed' } & Failure)
  | (OfLeaf & { readonly type: 'undo.probed'; readonly position: Position; readonly receipt?: JsonObject })
  | (OfLeaf & { readonly type: 'branch.decided'; readonly taken: number })
  | (OfLeaf & { readonly type: 'gate.opened'; readonly hash: string })
  | (OfLeaf & {
      readonly type: 'gate.answered'
      readonly hash: string
      readonly answer: string
      readonly actor: Actor
      readonly reason?: string
      readonly breakGlass?: boolean
      readonly expiresAt?: number
    })
  | (OfLeaf & { readonly type: 'gate.timed-out' })
  | (OfLeaf & {
      readonly type: 'sample.taken'
      readonly status: VerdictStatus
      readonly evidence: readonly Evidence[]
      readonly detail?: string
    })
  | (OfLeaf & { readonly type: 'notice.queued'; readonly kind: string; readonly options: Json })
  | (OfLeaf & { readonly type: 'notice.delivered' | 'notice.undeliverable'; readonly detail?: string })
  | (At & { readonly type: 'cancel.requested'; readonly mode: 'compensate' | 'hold'; readonly actor: Actor; readonly reason: string })
  | (At & { readonly type: 'unwind.started'; readonly reason: string })
  | (At & {
      readonly type: 'operator.answered'
      readonly id: string
      readonly answer: OperatorAnswer
      readonly actor: Actor
      readonly reason: string
      readonly receipt?: JsonObject
    })
  | (At & { readonly type: 'run.blocked'; readonly reason: BlockReason; readonly ids: readonly string[] })
  | (At & { readonly type: 'run.finished'; readonly outcome: Outcome })
