import type { Json } from '../contract/json.ts'
import type { SealedPlan } from '../seal/sealed-plan.ts'
import type { Command } from './command.ts'
import { freshLeaf, withFacts, type LeafState } from './leaf-state.ts'
import { freshMemo, noteChange, type NodeMemo } from './memo.ts'
import { indexPlan, type IndexedNode, type PlanIndex } from './plan-index.ts'
import type { Actor, Approval, BlockReason, Failure, Outcome } from './records.ts'

/**
 * The state of a run: a fold over its records, kept with an index so that each record costs the same however large the plan is.
 *
 * Deterministic: the same records give the same decisions. It has no clock, no input and output, and no randomness. `evolve` and `decide`
 * change it in place; `forkRun` makes an independent copy.
 */
export interface Run {
  readonly index: PlanIndex
  readonly leaves: LeafState[]
  readonly memos: NodeMemo[]
  /** Commands that were handed out and are not closed by a record yet, by node number. */
  readonly outstanding: Map<number, Command>
  readonly branches: Map<number, number>
  readonly leaseKeys: Set<string>
  /** Resources that steps of this run have touched, with how many of them. */
  readonly touchedResources: Map<string, number>
  /** Leaves that wait for leases and the last look. */
  readonly waitingForReady: Set<number>
  /** Gates and hazardous steps that wait for a person. */
  readonly openGates: Set<number>
  /** Approved steps that the last look before the first effect has not seen yet. */
  readonly toSurvey: Set<number>
  /** The last looks were handed out. */
  isSurveying: boolean
  records: number
  now: number
  runId: string
  epoch: number
  previewHash: string
  planner: Actor | undefined
  approved: ReadonlyMap<string, string>
  approvals: readonly Approval[]
  /** `none` → leases asked for → `leased` → last look → `ready`. */
  readiness: 'none' | 'leased' | 'ready'
  everLeased: boolean
  isAcquiring: boolean
  lost: string | undefined
  /** Why it has not the leases that it needs, while it has not. */
  leaseFailure: Failure | undefined
  isBackward: boolean
  why: string | undefined
  cancel: { readonly mode: 'compensate' | 'hold'; readonly actor: Actor; readonly reason: string } | undefined
  blocked: { readonly reason: BlockReason; readonly ids: readonly string[] } | undefined
  outcome: Outcome | undefined
  /** The step whose approved preparation no longer fits the world: nothing is started. */
  refusal: string | undefined
  touchedCount: number
  standingCount: number
  /** Leaf hashes that a person accepted although the code changed. */
  readonly overridden: Map<string, string>
}

/** A run before its first record. */
export function startRun(plan: SealedPlan): Run {
  const index = indexPlan(plan)
  return {
    index,
    leaves: index.nodes.map(() => freshLeaf),
    memos: index.nodes.map((node) => freshMemo(node)),
    outstanding: new Map(),
    branches: new Map(),
    leaseKeys: new Set(),
    touchedResources: new Map(),
    waitingForReady: new Set(),
    openGates: new Set(),
    toSurvey: new Set(),
    isSurveying: false,
    records: 0,
    now: 0,
    runId: '',
    epoch: 0,
    previewHash: '',
    planner: undefined,
    approved: new Map(),
    approvals: [],
    readiness: 'none',
    everLeased: false,
    isAcquiring: false,
    lost: undefined,
    leaseFailure: undefined,
    isBackward: false,
    why: undefined,
    cancel: undefined,
    blocked: undefined,
    outcome: undefined,
    refusal: undefined,
    touchedCount: 0,
    standingCount: 0,
    overridden: new Map(),
  }
}

export function leafAt(run: Run, node: IndexedNode): LeafState {
  return run.leaves[node.number] ?? freshLeaf
}

/** Replaces facts of a leaf and marks everything above it as changed. */
export function setLeaf(run: Run, node: IndexedNode, patch: Parameters<typeof withFacts>[1]): void {
  const before = leafAt(run, node)
  const after = withFacts(before, patch)
  run.leaves[node.number] = after
  run.touchedCount += Number(after.touched) - Number(before.touched)
  run.standingCount += Number(after.standing) - Number(before.standing)
  countResources(run, before, after)
  markChanged(run, node)
}

function countResources(run: Run, before: LeafState, after: LeafState): void {
  if (before.touched === after.touched) return
  for (const resource of after.facts?.resources ?? []) {
    run.touchedResources.set(resource, (run.touchedResources.get(resource) ?? 0) + (after.touched ? 1 : -1))
  }
}

/** Everything above the node is evaluated again; costs its depth. */
export function markChanged(run: Run, node: IndexedNode): void {
  for (let at: IndexedNode | undefined = node; at !== undefined; at = at.parent) {
    const memo = run.memos[at.number] as NodeMemo
    memo.version++
    if (at.parent === undefined) return
    const above = run.memos[at.parent.number] as NodeMemo
    above.cursor = Math.min(above.cursor, at.place)
    above.backCursor = Math.max(above.backCursor, at.place)
    if (above.beside !== undefined) noteChange(above.beside, at.place)
  }
}

/** The value of an output, `<leaf id>.<field>`, as far as it is known. */
export function valueOf(run: Run, reference: string): Json | undefined {
  const dot = reference.lastIndexOf('.')
  const id = reference.slice(0, dot)
  const node = run.index.byId.get(id)
  const holder = run.index.plan.values[id] ?? (node === undefined ? undefined : leafAt(run, node).receipt)
  return holder?.[reference.slice(dot + 1)]
}

/** An independent copy, for exploring what could happen next. */
export function forkRun(run: Run): Run {
  return {
    ...run,
    leaves: [...run.leaves],
    memos: run.memos.map(({ version }, number) => freshMemo(run.index.nodes[number] as IndexedNode, version)),
    outstanding: new Map(run.outstanding),
    branches: new Map(run.branches),
    leaseKeys: new Set(run.leaseKeys),
    touchedResources: new Map(run.touchedResources),
    waitingForReady: new Set(run.waitingForReady),
    openGates: new Set(run.openGates),
    toSurvey: new Set(run.toSurvey),
    overridden: new Map(run.overridden),
  }
}
