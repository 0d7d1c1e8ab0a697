import type { Engine } from './engine.ts'
import { problemsOf } from './check.ts'
import { describe } from './explore.ts'
import { randomOf, type Random } from './random.ts'
import { randomScenario, smaller } from './random-plan.ts'
import { eventsOf, performedAtOnce, type Event } from './shell.ts'
import { deliverTwice } from './twice.ts'
import { firstState, frameOf, type Scenario, type State } from './state.ts'
import type { Command } from '../../../src/index.ts'

/** How one random run went. */
export interface Simulated {
  readonly records: number
  readonly crashes: number
  readonly cancels: number
  readonly outcome: string
  /** What is wrong, with the plan and the way to it. */
  readonly fault: string | undefined
}

const mostEvents = 4000

/** One way through one plan, chosen by the seed; the same seed goes the same way. */
export function simulate(engine: Engine, scenario: Scenario, seed: number): Simulated {
  const random = randomOf(seed)
  const compares = (): { fresh: boolean; replay: boolean } => ({ fresh: random.chance(0.25), replay: random.chance(0.01) })
  const frame = frameOf(engine, scenario, { isInPlace: true, compares })
  const path: string[] = []
  let state: State | undefined
  try {
    state = firstState(frame)
    for (;;) {
      const problems = [...problemsOf(frame, state), ...state.problems]
      if (problems.length > 0) return ended(state, path, scenario, problems.join('; '))
      const pair = random.chance(0.15) ? twoCalls(random, state) : undefined
      if (pair !== undefined) {
        path.push(`${pair.map(({ do: what, id }) => `${what} ${id}`).join(' and ')} at once`)
        state = performedAtOnce(frame, state, ...pair)
        continue
      }
      const event = choose(random, state, eventsOf(frame, state))
      if (event === undefined)
        return ended(state, path, scenario, state.run.outcome === undefined ? 'stands still without an end' : undefined)
      if (path.push(event.label) > mostEvents) return ended(state, path.slice(-60), scenario, `does not end within ${mostEvents} events`)
      state = event.next()
      const twice = random.chance(0.1) ? deliverTwice(frame, state) : undefined
      if (twice !== undefined) return ended(state, path, scenario, twice)
    }
  } catch (error) {
    return ended(state, path, scenario, String(error instanceof Error ? error.stack : error))
  }
}

function ended(state: State | undefined, path: readonly string[], scenario: Scenario, problem: string | undefined): Simulated {
  const countOf = (what: string): number => path.filter((label) => label.startsWith(what)).length
  const fault = problem === undefined ? undefined : `${describe(scenario)}\n  ${problem}\n${path.map((label) => `    ${label}`).join('\n')}`
  return {
    records: state?.journal?.length ?? 0,
    crashes: countOf('crash'),
    cancels: countOf('cancel'),
    outcome: state?.run.outcome ?? 'none',
    fault,
  }
}

/** Two calls under way that could end in the same moment. */
function twoCalls(random: Random, { run, decision }: State): readonly [Command, Command] | undefined {
  const commands = [...run.outstanding.values()]
  if (decision.records.length > 0 || commands.length < 2) return undefined
  const one = random.pick(commands)
  const other = random.pick(commands)
  return one === other ? undefined : [one, other]
}

/** What comes from outside comes rarely, more often while something is in doubt or on its way back. */
function choose(random: Random, { run }: State, events: readonly Event[]): Event | undefined {
  const own = events.filter(({ isOutside }) => isOutside !== true)
  const outside = events.filter(({ isOutside }) => isOutside === true)
  if (own.length === 0) return undefined
  const isDelicate = run.isBackward || run.leaves.some(({ phase, undo }) => phase === 'doubt' || undo === 'intended' || undo === 'doubt')
  return outside.length > 0 && random.chance(isDelicate ? 0.08 : 0.02) ? random.pick(outside) : random.pick(own)
}

/** Simulates one plan per seed and stops at the first that is wrong, made as small as it still is wrong. */
export function simulateMany(
  engine: Engine,
  seeds: Iterable<number>,
  onEach: (seed: number, result: Simulated) => void = () => undefined,
): string | undefined {
  for (const seed of seeds) {
    const random = randomOf(seed)
    const scenario = randomScenario(random, 4 + random.below(16))
    const result = simulate(engine, scenario, seed)
    onEach(seed, result)
    if (result.fault !== undefined) return `seed ${seed}: ${shrunk(engine, scenario, seed) ?? result.fault}`
  }
  return undefined
}

/** The smallest plan found that still goes wrong, with its way. */
export function shrunk(engine: Engine, scenario: Scenario, seed: number): string | undefined {
  let best: { readonly scenario: Scenario; readonly fault: string } | undefined
  for (let at: Scenario | undefined = scenario; at !== undefined;) {
    const next = failing(engine, smaller(at), seed)
    best = next ?? best
    at = next?.scenario
  }
  return best?.fault
}

function failing(
  engine: Engine,
  scenarios: readonly Scenario[],
  seed: number,
): { readonly scenario: Scenario; readonly fault: string } | undefined {
  for (const scenario of scenarios) {
    for (let way = 0; way < 12; way++) {
      const { fault } = simulate(engine, scenario, seed + way * 7919)
      if (fault !== undefined) return { scenario, fault }
    }
  }
  return undefined
}
