import { copyLive } from './copy.ts'
import { startsInside } from './reads.ts'
import { nodeOf, type Frame, type Journal, type State } from './state.ts'
import { differenceOf, freshTwin, replayDifference } from './same.ts'
import { isGuarded, landings, nextWrite, write, type World } from './world.ts'
import { answersNow, gateAnswersNow } from './people.ts'
import { stepOn } from './perform.ts'
import type { Command, IndexedLeaf, RecordBody, Run, RunRecord } from '../../../src/index.ts'

/** Something that may happen next, and where it leads. */
export interface Event {
  readonly label: string
  /** It comes from outside: the run itself does nothing for it. */
  readonly isOutside?: true
  readonly next: () => State
}

/** What a transition changes besides the records that it appends. */
export interface Change {
  readonly world?: World
  readonly now?: number
  readonly budget?: Partial<State['budget']>
  /** Commands that only wait for their time are taken back, since something has changed. */
  readonly wakes?: boolean
}

/** Everything that may happen in a state, in every order that a shell with concurrent calls could produce. */
export function eventsOf(frame: Frame, state: State): readonly Event[] {
  const { run, decision } = state
  if (decision.records.length > 0)
    return [{ label: 'record', next: () => append(frame, state, decision.records, {}) }, ...crashes(frame, state)]
  const acts: readonly Event[] = [
    ...acquires(frame, state),
    ...ordered([...run.outstanding.values()]).map((command) => performed(frame, state, command)),
  ]
  const outside: readonly Event[] = [
    ...arrivals(frame, state),
    ...cancels(frame, state),
    ...losses(frame, state),
    ...crashes(frame, state),
  ].map((event) => ({ ...event, isOutside: true }))
  if (run.outcome !== undefined) return [...acts, ...outside.filter(({ label }) => label.startsWith('crash') && acts.length > 0)]
  return [
    ...acts,
    ...gateAnswersNow(frame, state).map((event) => asked(frame, state, event)),
    ...answersNow(frame, state).map((event) => asked(frame, state, event)),
    ...outside,
  ]
}

/** Last looks change nothing but their own leaf, so their order among each other means nothing: one order is enough. */
function ordered(commands: readonly Command[]): readonly Command[] {
  const survey = commands.find(({ do: what }) => what === 'survey')
  return survey === undefined ? commands : [survey, ...commands.filter(({ do: what }) => what !== 'survey')]
}

/** The state after records were appended, with what the engine decides then. */
export function append(frame: Frame, state: State, bodies: readonly RecordBody[], change: Change): State {
  const { engine } = frame
  const run = frame.isInPlace ? state.run : copyLive(engine, state.run)
  const now = Math.max(state.now, change.now ?? 0)
  let journal = state.journal
  for (const body of bodies) {
    const record = { ...body, at: now } as RunRecord
    engine.evolve(run, record)
    journal = { record, before: journal, length: (journal?.length ?? 0) + 1 } satisfies Journal
  }
  if (change.wakes === true) wake(frame, run, now)
  return arrive(
    frame,
    { run, world: change.world ?? state.world, budget: { ...state.budget, ...change.budget }, journal, now },
    state.acquiring,
  )
}

/** Asks the engine once, and holds its decision against that of a run made again. */
function arrive(frame: Frame, bare: Omit<State, 'decision' | 'problems' | 'acquiring'>, acquiring: readonly string[]): State {
  const { run, journal, now } = bare
  if (frame.isUndecided === true) return { ...bare, acquiring, decision: { records: [], commands: [] }, problems: [] }
  const compares = frame.compares()
  const underWay = new Set(run.outstanding.keys())
  const fresh = compares.fresh ? freshTwin(frame, run) : undefined
  const again = compares.replay ? replayDifference(frame, run, journal, now) : undefined
  const decision = frame.engine.decide(run)
  const twice = decision.commands.filter(({ id }) => underWay.has(nodeOf(run, id).number)).map(({ id }) => `a second command for ${id}`)
  const difference = fresh === undefined ? undefined : differenceOf({ run, decision }, fresh)
  return {
    ...bare,
    decision,
    acquiring: decision.acquire ?? acquiring,
    problems: [...twice, ...[difference, again].filter((one) => one !== undefined)],
  }
}

function wake({ engine }: Frame, run: Run, now: number): void {
  for (const { id, notBefore } of Array.from(run.outstanding.values())) if ((notBefore ?? 0) > now) engine.withdraw(run, id)
}

function performed(frame: Frame, state: State, command: Command): Event {
  return {
    label: `${command.do} ${command.id}`,
    next() {
      const now = Math.max(state.now, command.notBefore ?? 0)
      const { records, world } = stepOn(frame, { ...state, now }, command)
      return append(frame, state, records, { now, world })
    },
  }
}

/** Two calls end in the same moment: their records are in the journal before the next decision. */
export function performedAtOnce(frame: Frame, state: State, one: Command, other: Command): State {
  const now = Math.max(state.now, one.notBefore ?? 0, other.notBefore ?? 0)
  const first = stepOn(frame, { ...state, now }, one)
  const between = append({ ...frame, isUndecided: true }, { ...state, now }, first.records, { world: first.world })
  const second = stepOn(frame, between, other)
  return append(frame, between, second.records, { world: second.world })
}

function acquires(frame: Frame, state: State): readonly Event[] {
  if (!state.run.isAcquiring) return []
  const tokens = Object.fromEntries(state.acquiring.map((key) => [key, 1]))
  const world = { ...state.world, held: new Set(state.acquiring) }
  const granted: Event = { label: 'leases granted', next: () => append(frame, state, [{ type: 'lease.acquired', tokens }], { world }) }
  const [key = ''] = state.acquiring
  const { losses } = state.budget
  if (losses === 0) return [granted]
  const refused: RecordBody = { type: 'lease.refused', key, holder: 'another run' }
  return [
    granted,
    { label: 'leases refused', isOutside: true, next: () => append(frame, state, [refused], { budget: { losses: losses - 1 } }) },
  ]
}

function arrivals(frame: Frame, state: State): readonly Event[] {
  return landings(state.world).map(({ name, world }) => ({
    label: `late effect of ${name} lands`,
    next: () => append(frame, state, [], { world }),
  }))
}

function cancels(frame: Frame, state: State): readonly Event[] {
  const { budget, run } = state
  if (budget.cancels === 0 || run.cancel !== undefined || run.outcome !== undefined) return []
  const record: RecordBody = { type: 'cancel.requested', mode: frame.scenario.cancelMode, actor: { id: 'person' }, reason: '' }
  return [
    {
      label: `cancel (${frame.scenario.cancelMode})`,
      next: () => append(frame, state, [record], { wakes: true, budget: { cancels: budget.cancels - 1 } }),
    },
  ]
}

function losses(frame: Frame, state: State): readonly Event[] {
  const { budget, run } = state
  if (budget.losses === 0 || run.readiness === 'none' || run.lost !== undefined || run.outcome !== undefined) return []
  const [key = ''] = run.leaseKeys
  return [
    {
      label: 'lease lost',
      next: () => append(frame, state, [{ type: 'lease.lost', key }], { wakes: true, budget: { losses: budget.losses - 1 } }),
    },
  ]
}

/** The process dies: each effect that was under way has happened or has not, and a new process goes on. */
function crashes(frame: Frame, state: State): readonly Event[] {
  const { budget, run } = state
  if (budget.crashes === 0) return []
  const record: RecordBody = { type: 'run.resumed', epoch: run.epoch + 1, actor: { id: 'person' } }
  return worldsAfterCrash(frame, state).map((world, index) => ({
    label: `crash and resume${index === 0 ? '' : ` (${index} under way had happened)`}`,
    next: () => append(frame, state, [record], { world, budget: { crashes: budget.crashes - 1 } }),
  }))
}

/** Its leases run out; what was on its way is there or is not. */
function worldsAfterCrash(frame: Frame, { run, world }: State): readonly World[] {
  let worlds: readonly World[] = [world]
  for (const [number] of run.outstanding) {
    const node = run.index.nodes[number] as IndexedLeaf
    const direction = startsInside(run, node)
    if (direction === undefined) continue
    worlds = worlds.flatMap((before) => {
      const { outcome, world: tried } = nextWrite(before, node, frame.scenario.faults, direction)
      return outcome.effect === 'none' || isGuarded(before, node) ? [before] : [before, write(tried, node, direction, outcome.effect)]
    })
  }
  return worlds.map((after) => ({ ...after, held: new Set() }))
}

function asked(
  frame: Frame,
  state: State,
  { label, records, spends }: { readonly label: string; readonly records: readonly RecordBody[]; readonly spends: boolean },
): Event {
  const budget = spends ? { answers: state.budget.answers - 1 } : {}
  return { label, next: () => append(frame, state, records, { wakes: true, budget }) }
}
