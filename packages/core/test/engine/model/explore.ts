import type { Engine } from './engine.ts'
import { problemsOf } from './check.ts'
import { keyOf } from './key.ts'
import { outline } from './shape.ts'
import { eventsOf } from './shell.ts'
import { firstState, frameOf, type Frame, type Scenario, type State } from './state.ts'

/** What an exploration found. */
export interface Explored {
  readonly states: number
  readonly transitions: number
  readonly crashes: number
  readonly cancels: number
  /** Every end that was reached: whether it succeeded, and the world. */
  readonly ends: ReadonlySet<string>
  /** The first thing that is wrong, with the way to it. */
  readonly fault: string | undefined
}

interface Search {
  readonly frame: Frame
  /** 1: on the way here; 2: explored. */
  readonly seen: Map<string, 1 | 2>
  readonly path: string[]
  readonly ends: Set<string>
  readonly maxStates: number
  transitions: number
  crashes: number
  cancels: number
}

class Found extends Error {}

/**
 * Goes every way from the beginning of a scenario: each order of what runs beside each other, a crash, a cancel and a lost lease at each
 * place as far as the scenario allows, each answer of a person. A state that was seen is not gone through again.
 */
export function explore(engine: Engine, scenario: Scenario, maxStates = 2_000_000): Explored {
  const search: Search = {
    frame: frameOf(engine, scenario),
    seen: new Map(),
    path: [],
    ends: new Set(),
    maxStates,
    transitions: 0,
    crashes: 0,
    cancels: 0,
  }
  let fault: string | undefined
  try {
    visit(search, firstState(search.frame))
  } catch (error) {
    fault = `${describe(scenario)}\n  ${error instanceof Found ? error.message : String(error instanceof Error ? error.stack : error)}\n${search.path.map((label) => `    ${label}`).join('\n')}`
  }
  const { seen, transitions, crashes, cancels, ends } = search
  return { states: seen.size, transitions, crashes, cancels, ends, fault }
}

export function describe({ shape, onFailure, faults }: Scenario): string {
  const said = [...faults].map(([name, some]) => `${name} ${some.join(' ')}`).join(', ')
  return `${outline(shape)}; on failure ${onFailure}; ${said === '' ? 'no faults' : said}`
}

function visit(search: Search, state: State): void {
  const { frame, seen, path } = search
  const problems = [...problemsOf(frame, state), ...state.problems]
  if (problems.length > 0) throw new Found(problems.join('; '))
  const key = keyOf(state)
  const known = seen.get(key)
  if (known === 1) throw new Found(`goes round in circles`)
  if (known === 2) return
  if (seen.size >= search.maxStates) throw new Found(`more than ${search.maxStates} states`)
  seen.set(key, 1)
  const events = eventsOf(frame, state)
  if (state.run.outcome !== undefined) search.ends.add(endOf(state))
  else if (events.every(({ isOutside }) => isOutside)) throw new Found(`stands still without an end: ${JSON.stringify(state.run.blocked)}`)
  for (const { label, next } of events) {
    path.push(label)
    search.transitions++
    if (label.startsWith('crash')) search.crashes++
    if (label.startsWith('cancel')) search.cancels++
    visit(search, next())
    path.pop()
  }
  seen.set(key, 2)
}

/** Timing decides between aborted and compensated; both leave the world as it was. */
function endOf({ run, world }: State): string {
  const cells = [...world.cells].map(([name, { value }]) => `${name} ${value}`).join()
  return `${run.outcome === 'aborted' ? 'compensated' : run.outcome}: ${cells}`
}

/**
 * Ends that are reached with a crash and never without one. A resume leads to the same world as no crash, so there must be none. Somebody
 * else's change is left out: whether it comes before or after a look is chance. A run that blocks is abandoned: answers are chance too.
 */
export function endsByCrash(engine: Engine, scenario: Scenario): readonly string[] {
  if ([...scenario.faults.values()].some((faults) => faults.includes('foreign'))) return []
  const calm = explore(engine, { ...scenario, answers: 0, crashes: 0 })
  const crashed = explore(engine, { ...scenario, answers: 0, crashes: 1 })
  return [...crashed.ends].filter((end) => !calm.ends.has(end))
}
