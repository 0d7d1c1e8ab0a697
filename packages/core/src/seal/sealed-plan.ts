import type { Json, JsonObject } from '../contract/json.ts'
import type { GateOptions, OnFailure, PlanSeverity } from '../contract/nodes.ts'
import type { Idempotency, Layer, Risk, StepTraits } from '../contract/risk.ts'

/** A condition with its outputs as text: `<leaf id>.<field>`. */
export type SealedCondition =
  | { readonly test: 'is' | 'includes'; readonly output: string; readonly value: string | number | boolean }
  | { readonly test: 'not'; readonly of: SealedCondition }
  | { readonly test: 'all' | 'any'; readonly of: readonly SealedCondition[] }

export interface SealedGroupBase {
  /** Unique in the plan. Ordinal, so it is stable for one plan hash only; leaves have ids that survive edits elsewhere. */
  readonly id: string
  /** What the author wrote, for people: `plan shop`, `optional`, `during maintenance`. */
  readonly label?: string
  readonly children: readonly SealedNode[]
  /** `go-on` is `optional`: put back and count as done. Left out: the failure goes upwards. */
  readonly onFailure?: OnFailure | 'go-on'
}
export interface SealedSequence extends SealedGroupBase {
  readonly type: 'sequence' | 'fallback'
}
export interface SealedTogether extends SealedGroupBase {
  readonly type: 'together'
  readonly maxParallel?: number
}
/** The first child whose condition holds is taken; none holds: nothing is done. A `true` condition is the else branch. */
export interface SealedChoose extends SealedGroupBase {
  readonly type: 'choose'
  readonly conditions: readonly (SealedCondition | true)[]
  /** Of each child, for people: `rollback`, `then`, `otherwise`. */
  readonly names: readonly string[]
}
export type SealedGroup = SealedSequence | SealedTogether | SealedChoose

/** What can be done. `release` is the leaving of a `during` scope: it executes the compensation of the step `of`. */
export interface SealedLeaf {
  readonly type: 'step' | 'release' | 'require' | 'observe' | 'gate' | 'notice'
  /** `kind@target`, prefixed by the names of nested plans. */
  readonly id: string
  /** sha256 over type, kind and canonical options. Another hash under the same id is changed code. */
  readonly hash: string
  readonly kind: string
  readonly target: string
  /** Ids whose outputs this leaf uses, as `<leaf id>.<field>`. */
  readonly inputs: readonly string[]
  readonly risk: readonly Risk[]
  readonly canUndo: boolean
  readonly idempotency: Idempotency
  /** Steps only. */
  readonly fencing?: StepTraits['fencing']
  /** Steps only. See `StepTraits.layer`. */
  readonly layer?: Layer
  /** `release` only: the id of the scope's step. */
  readonly of?: string
  /** Scope steps only: nobody else writes while it is entered. */
  readonly stopsWriters?: boolean
  readonly timeoutMs?: number
  readonly attempts?: number
  readonly forMs?: number
  readonly deadlineMs?: number
  readonly everyMs?: number
  readonly gate?: GateOptions
  /** Canonical options: outputs as `{output}`, secrets as `{secret}`. For people, lint and notices. */
  readonly options: Json
}
export type SealedNode = SealedGroup | SealedLeaf

/**
 * The plan as plain JSON: what is previewed, approved, journalled, resumed, and sent to another engine. The code behind each id is found
 * by building the plan again from the same module, input and answers.
 */
export interface SealedPlan {
  readonly format: 'backstep-plan/v1'
  readonly name: string
  readonly summary?: string
  readonly severity?: PlanSeverity
  readonly timeBudget?: Readonly<Record<string, string>>
  readonly links?: readonly { readonly title: string; readonly url: string }[]
  /** Of a plan template: what it was built from. */
  readonly template?: { readonly name: string; readonly input: Json }
  readonly onFailure: OnFailure
  readonly tree: SealedNode
  readonly always: readonly SealedNode[]
  /** Answers of the queries, by id. */
  readonly values: Readonly<Record<string, JsonObject>>
  /** sha256 over everything above. */
  readonly hash: string
}

export function isGroup(node: SealedNode): node is SealedGroup {
  return 'children' in node
}

/** All leaves in the order of the plan. */
export function leavesOf(node: SealedNode): readonly SealedLeaf[] {
  const found: SealedLeaf[] = []
  const open: SealedNode[] = [node]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (!isGroup(next)) found.push(next)
    else for (let index = next.children.length - 1; index >= 0; index--) open.push(next.children[index] as SealedNode)
  }
  return found
}

/** The leaves of the plan and of its `always` nodes. */
export function allLeaves(plan: SealedPlan): readonly SealedLeaf[] {
  return [plan.tree, ...plan.always].flatMap(leavesOf)
}
