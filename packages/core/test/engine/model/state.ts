import type { Engine } from './engine.ts'
import type { Faults } from './fault.ts'
import { sealedPlanOf } from './sealed.ts'
import { leafShapes, type Shape } from './shape.ts'
import { newWorld, type World } from './world.ts'
import {
  leavesOf,
  type Decision,
  type IndexedLeaf,
  type IndexedNode,
  type Run,
  type RunRecord,
  type SealedPlan,
} from '../../../src/index.ts'

/** One case of the exploration: a plan, what goes wrong in it, and what may happen from outside. */
export interface Scenario {
  readonly shape: Shape
  readonly onFailure: 'halt' | 'compensate'
  readonly faults: Faults
  readonly crashes: number
  readonly cancels: number
  readonly cancelMode: 'compensate' | 'hold'
  /** Leases that may be lost. */
  readonly losses: number
  /** Answers of an operator before the run is abandoned. */
  readonly answers: number
  /** Replay the journal in every state and compare. */
  readonly replays: boolean
}

/** What is left of what may happen. */
export interface Budget {
  readonly crashes: number
  readonly cancels: number
  readonly losses: number
  readonly answers: number
}

/** The records of a path, newest first. */
export interface Journal {
  readonly record: RunRecord
  readonly before: Journal | undefined
  readonly length: number
}

/** A run and its world between two events. */
export interface State {
  readonly run: Run
  readonly world: World
  readonly budget: Budget
  readonly journal: Journal | undefined
  readonly now: number
  /** What `decide` said on arriving here. */
  readonly decision: Decision
  /** Leases that were asked for and not granted yet. */
  readonly acquiring: readonly string[]
  /** What was wrong with that decision, beyond what the state shows. */
  readonly problems: readonly string[]
}

/** What all states of one scenario share. */
export interface Frame {
  readonly engine: Engine
  readonly scenario: Scenario
  readonly plan: SealedPlan
  /** A state is changed in place, as a real shell does; otherwise each event leads to a state of its own. */
  readonly isInPlace: boolean
  /** Only appends: the engine is asked later. */
  readonly isUndecided?: true
  /** Whether to hold this decision against a run made afresh, and against one made again from its records. */
  readonly compares: () => { readonly fresh: boolean; readonly replay: boolean }
}

export function frameOf(engine: Engine, scenario: Scenario, rest: Partial<Pick<Frame, 'isInPlace' | 'compares'>> = {}): Frame {
  const compares = (): ReturnType<Frame['compares']> => ({ fresh: true, replay: scenario.replays })
  return { engine, scenario, plan: sealedPlanOf(scenario.shape, scenario.onFailure), isInPlace: false, compares, ...rest }
}

export const startTime = 1_000_000

/** The run right after it was created from a preview in which every step could be prepared. */
export function firstState({ engine, scenario, plan }: Frame): State {
  const steps = leavesOf(plan.tree).filter(({ type }) => type === 'step')
  const actor = { id: 'planner' }
  const known = steps.filter(({ id }) => scenario.faults.get(id)?.includes('late') !== true)
  const named = known.filter(({ id }) => !asks(scenario.faults, id)).map(({ id }) => id)
  const record: RunRecord = {
    type: 'run.created',
    at: startTime,
    runId: 'run',
    planHash: plan.hash,
    previewHash: 'preview',
    approved: Object.fromEntries(known.map(({ id }) => [id, `approval of ${id}`])),
    approvals: [{ actor, hash: 'preview', grantedAt: startTime, accepts: named }],
    leases: known.map(({ id }) => `lease ${id}`),
    actor,
    engine: 'model',
  }
  const run = engine.evolve(engine.startRun(plan), record)
  const names = leafShapes(scenario.shape).map(({ name }) => name)
  const { crashes, cancels, losses, answers } = scenario
  const decision = engine.decide(run)
  return {
    run,
    world: newWorld(names, scenario.faults),
    budget: { crashes, cancels, losses, answers },
    journal: { record, before: undefined, length: 1 },
    now: startTime,
    decision,
    acquiring: decision.acquire ?? [],
    problems: [],
  }
}

export function asks(faults: Faults, id: string): boolean {
  return faults.get(id)?.some((fault) => fault === 'asks' || fault === 'asksAndDenied') === true
}

export function nodeOf(run: Run, id: string): IndexedLeaf {
  return run.index.byId.get(id) as IndexedLeaf
}

export function isLeafNode(node: IndexedNode): node is IndexedLeaf {
  return !('children' in node.sealed)
}

/** Records of a path, oldest first. */
export function recordsOf(journal: Journal | undefined): readonly RunRecord[] {
  const records: RunRecord[] = []
  for (let at = journal; at !== undefined; at = at.before) records.push(at.record)
  return records.reverse()
}
