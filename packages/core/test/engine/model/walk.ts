import { problemsOf } from './check.ts'
import { engine } from './engine.ts'
import { plainScenario } from './scenarios.ts'
import { eventsOf } from './shell.ts'
import { firstState, frameOf, nodeOf, recordsOf, type Frame, type Scenario, type State } from './state.ts'
import { viewOf, type LeafState, type RunRecord, type RunView } from '../../../src/index.ts'

/** One way through a plan, event by event, for tests that tell a story. Every state on the way is held to all promises. */
export interface Walk {
  readonly frame: Frame
  readonly state: () => State
  readonly view: () => RunView
  readonly leaf: (id: string) => LeafState
  readonly records: () => readonly RunRecord[]
  /** What could happen now. */
  readonly labels: () => readonly string[]
  /** Lets these events happen, in this order. Throws when one of them cannot. */
  readonly does: (...labels: readonly string[]) => Walk
  /** Lets the run go on by itself until this event could happen, then lets it happen. */
  readonly until: (label: string) => Walk
  /** Lets the run go on by itself until nothing more happens. */
  readonly rest: () => Walk
}

export function walk(scenario: Partial<Scenario> & Pick<Scenario, 'shape'>): Walk {
  const frame = frameOf(engine, { ...plainScenario, crashes: 9, cancels: 9, losses: 9, answers: 9, ...scenario })
  let state = firstState(frame)
  const labels = (): readonly string[] => eventsOf(frame, state).map(({ label }) => label)
  const happen = (label: string): void => {
    const event = eventsOf(frame, state).find((one) => one.label === label)
    if (event === undefined) throw new Error(`"${label}" cannot happen now; possible: ${labels().join(', ')}`)
    state = event.next()
    const problems = [...problemsOf(frame, state), ...state.problems]
    if (problems.length > 0) throw new Error(`after "${label}": ${problems.join('; ')}`)
  }
  /** Its own next event: no person, nothing from outside. */
  const own = (): string | undefined => eventsOf(frame, state).find(({ label, isOutside }) => isOutside !== true && !isAnswer(label))?.label
  const self: Walk = {
    frame,
    state: () => state,
    view: () => viewOf(state.run),
    leaf: (id) => state.run.leaves[nodeOf(state.run, id).number] as LeafState,
    records: () => recordsOf(state.journal),
    labels,
    does(...some) {
      for (const label of some) happen(label)
      return self
    },
    until(label) {
      while (!labels().includes(label)) {
        const next = own()
        if (next === undefined) throw new Error(`"${label}" never comes; at last possible: ${labels().join(', ')}`)
        happen(next)
      }
      return self.does(label)
    },
    rest() {
      for (let next = own(); next !== undefined; next = own()) happen(next)
      return self
    },
  }
  return self
}

const isAnswer = (label: string): boolean =>
  /^(retry|skip|applied|not-applied|compensate|abandon|go-on|approved|denied|confirmed)\b|out of time$/.test(label)
