import type { JsonObject } from '../contract/json.ts'
import type { Evidence } from '../contract/observation.ts'
import { allowedAnswers, type AllowedAnswer } from './answers.ts'
import type { OpenGate } from './command.ts'
import { openGates } from './decide.ts'
import type { LeafState, Phase, UndoPhase } from './leaf-state.ts'
import { isLeaf, type IndexedLeaf } from './plan-index.ts'
import type { BlockReason, Failure, Outcome, VerdictStatus } from './records.ts'
import { leafAt, type Run } from './run.ts'

/** One step, gate, check or notice of a run, for people and programs. */
export interface LeafView {
  readonly id: string
  readonly type: IndexedLeaf['sealed']['type']
  readonly kind: string
  readonly target: string
  readonly phase: Phase
  readonly undo: UndoPhase
  /** Something of it may stand in the world. */
  readonly touched: boolean
  readonly unchanged: boolean
  /** A person left its effect standing although the run went back. */
  readonly standing: boolean
  readonly attempt: number
  readonly summary?: string
  readonly receipt?: JsonObject
  readonly status?: VerdictStatus
  readonly evidence: readonly Evidence[]
  readonly notRestored: readonly { readonly what: string; readonly why: string }[]
  readonly failure?: Failure
  readonly undoFailure?: Failure
  /** What going back over it would lose, in words. */
  readonly undoLoses?: string
}

/** A run as plain data. */
export interface RunView {
  readonly runId: string
  readonly plan: string
  /** `waiting`: at a gate. `blocked`: needs one of `answers`. */
  readonly state: 'running' | 'waiting' | 'blocked' | 'finished'
  readonly direction: 'forward' | 'backward'
  readonly outcome?: Outcome
  /** Why it went back: `failed`, `cancelled`, `operator`. Apart from how going back went, which is `outcome`. */
  readonly why?: string
  readonly blocked?: { readonly reason: BlockReason; readonly ids: readonly string[] }
  readonly answers: readonly AllowedAnswer[]
  readonly openGates: readonly OpenGate[]
  readonly leaves: readonly LeafView[]
  /** What blocks the run now, else what decided how it went; with its hint: for a person who has time for one line. */
  readonly failure?: Failure
  readonly epoch: number
}

/** Everything that is known of a run, as plain data. Linear in the size of the plan. */
export function viewOf(run: Run): RunView {
  const leaves = run.index.nodes.filter(isLeaf).map((node) => leafView(node, leafAt(run, node)))
  const gates = openGates(run)
  return {
    runId: run.runId,
    plan: run.index.plan.name,
    state: run.outcome !== undefined ? 'finished' : run.blocked !== undefined ? 'blocked' : gates.length > 0 ? 'waiting' : 'running',
    direction: run.isBackward ? 'backward' : 'forward',
    ...(run.outcome === undefined ? {} : { outcome: run.outcome }),
    ...(run.why === undefined ? {} : { why: run.why }),
    ...(run.blocked === undefined ? {} : { blocked: run.blocked }),
    answers: allowedAnswers(run),
    openGates: gates,
    leaves,
    ...failureOf(run, leaves),
    epoch: run.epoch,
  }
}

/** Of what blocks the run now; else of the step that decided how it went. */
function failureOf({ outcome, blocked, leaseFailure }: Run, leaves: readonly LeafView[]): Pick<RunView, 'failure'> {
  if (outcome === 'succeeded') return {}
  if (leaseFailure !== undefined) return { failure: leaseFailure }
  const inTheWay = leaves
    .filter(({ id }) => blocked?.ids.includes(id) === true)
    .map((leaf) => (leaf.undo === 'failed' ? leaf.undoFailure : leaf.failure))
  const deciding = leaves.filter(({ phase }) => phase === 'failed' || phase === 'stuck').map((leaf) => leaf.failure)
  const others = leaves.map((leaf) => leaf.undoFailure ?? leaf.failure)
  const failure = [...inTheWay, ...deciding, ...others].find((one) => one !== undefined)
  return failure === undefined ? {} : { failure }
}

function leafView({ sealed }: IndexedLeaf, leaf: LeafState): LeafView {
  return {
    id: sealed.id,
    type: sealed.type,
    kind: sealed.kind,
    target: sealed.target,
    phase: leaf.phase,
    undo: leaf.undo,
    touched: leaf.touched,
    unchanged: leaf.unchanged,
    standing: leaf.standing,
    attempt: leaf.attempt,
    ...(leaf.facts === undefined ? {} : { summary: leaf.facts.summary }),
    ...(leaf.receipt === undefined ? {} : { receipt: leaf.receipt }),
    ...(leaf.status === undefined ? {} : { status: leaf.status }),
    evidence: leaf.evidence,
    notRestored: leaf.notRestored,
    ...(leaf.failure === undefined ? {} : { failure: leaf.failure }),
    ...(leaf.undoFailure === undefined ? {} : { undoFailure: leaf.undoFailure }),
    ...(leaf.facts?.undo?.loses === undefined ? {} : { undoLoses: leaf.facts.undo.loses }),
  }
}
