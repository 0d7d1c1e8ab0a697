import * as fc from 'fast-check'
import type { VerdictStatus } from '../../src/engine/records.ts'
import { automatic } from '../../src/trigger/automatic.ts'
import { decideTrigger } from '../../src/trigger/decide-trigger.ts'
import { evolveTrigger } from '../../src/trigger/evolve-trigger.ts'
import type { RunNotice, TriggerEvent } from '../../src/trigger/trigger-event.ts'
import type { TriggerRules } from '../../src/trigger/trigger-rules.ts'
import { initialTrigger, restoreTrigger, type TriggerState } from '../../src/trigger/trigger-state.ts'
import { ana, checkOf, day, hour, minute, second, settings } from './sample-triggers.ts'

const signals = [
  { name: 'a', check: checkOf('a'), for: '2m' },
  { name: 'b', check: checkOf('b'), for: '1m' },
] as const

export type Action =
  | { readonly do: 'look'; readonly signal: 'a' | 'b'; readonly status: VerdictStatus; readonly times: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'end-run' }
  | { readonly do: 'start-by-hand' | 'clear' | 'deploy' | 'fail-start' | 'redeliver' | 'restore' | 'pause' | 'resume' }

export const status: fc.Arbitrary<VerdictStatus> = fc.constantFrom<VerdictStatus>(
  'unhealthy',
  'unhealthy',
  'unhealthy',
  'unknown',
  'progressing',
  'healthy',
)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('look' as const),
      signal: fc.constantFrom('a' as const, 'b' as const),
      status,
      times: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(10 * second, 5 * minute, hour, 3 * hour, 20 * hour, -30 * minute),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'end-run' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'clear' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'start-by-hand' as const,
        'deploy' as const,
        'fail-start' as const,
        'redeliver' as const,
        'restore' as const,
        'pause' as const,
        'resume' as const,
      ),
    }),
  },
)
export const options = fc.record({
  condition: fc.constantFrom('any' as const, 'all' as const, 'atLeast' as const),
  maxPerDay: fc.integer({ min: 1, max: 3 }),
  cooldown: fc.constantFrom('1m' as const, '1h' as const),
  two: fc.boolean(),
})

export function rulesFor(
  name: string,
  asked: { readonly condition: 'any' | 'all' | 'atLeast'; readonly maxPerDay: number; readonly cooldown: '1m' | '1h' },
): TriggerRules {
  const base = { ...settings, name, maxPerDay: asked.maxPerDay, cooldown: asked.cooldown, settle: '1m', every: '30s' } as const
  if (asked.condition === 'any') return automatic({ ...base, any: signals }).rules
  return asked.condition === 'all' ? automatic({ ...base, all: signals }).rules : automatic({ ...base, atLeast: 1, of: signals }).rules
}

interface Start {
  readonly trigger: string
  readonly at: number
  readonly startId: string
  readonly flightsInTheWorld: number
  readonly wasCleared: boolean
}

/** A world with one or two triggers on one target: it tells every trigger everything, and keeps its own books. */
export class World {
  now = 100 * day
  readonly starts: Start[] = []
  readonly states: TriggerState[]
  readonly events: TriggerEvent[] = []
  private readonly rules: readonly TriggerRules[]
  private readonly flights: RunNotice[] = []
  private readonly unanswered = new Set<string>()
  private cleared = true
  private counter = 0

  constructor(rules: readonly TriggerRules[]) {
    this.rules = rules
    this.states = rules.map(initialTrigger)
  }

  tell(event: TriggerEvent): void {
    this.events.push(event)
    for (const [index, rules] of this.rules.entries()) this.states[index] = evolveTrigger(rules, this.states[index]!, event)
  }

  apply(step: Action): void {
    if (step.do === 'look') {
      for (let time = 0; time < step.times; time++) {
        this.now += 30 * second
        this.tell({ type: 'sampled', at: this.now, signal: step.signal, status: step.status })
        this.decideAll()
      }
      return
    }
    if (step.do === 'wait') this.now += step.ms
    else this.happen(step.do)
    this.decideAll()
  }

  private happen(what: Exclude<Action['do'], 'look' | 'wait'>): void {
    const at = this.now
    const target = settings.target
    if (what === 'end-run') {
      const run = this.flights.shift()
      if (run === undefined) return
      if (this.unanswered.delete(run.runId)) this.tell({ type: 'run.started', at, run })
      if (run.trigger !== undefined) this.cleared = false
      this.tell({ type: 'run.ended', at, run })
    } else if (what === 'start-by-hand') {
      const run = { runId: `hand-${++this.counter}`, targets: [target] }
      this.flights.push(run)
      this.tell({ type: 'run.started', at, run })
    } else if (what === 'deploy') {
      const isNew = this.flights.length === 0 && this.states.every((state) => at >= state.quietUntil)
      if (isNew) this.cleared = true
      this.tell({ type: 'deployed', at, targets: [target], release: 'v' })
    } else if (what === 'clear') {
      this.cleared = true
      this.tell({ type: 'cleared', at, actor: ana, reason: 'looked' })
    } else if (what === 'fail-start') {
      const run = this.flights.find((entry) => this.unanswered.has(entry.runId))
      if (run?.startId === undefined) return
      this.unanswered.delete(run.runId)
      this.flights.splice(this.flights.indexOf(run), 1)
      this.cleared = true
      this.tell({ type: 'run.not-started', at, startId: run.startId })
    } else if (what === 'redeliver') {
      const event = this.events.at(-1 - (this.events.length % 7))
      if (event !== undefined)
        for (const [index, rules] of this.rules.entries()) this.states[index] = evolveTrigger(rules, this.states[index]!, event)
    } else if (what === 'restore') {
      for (const [index, rules] of this.rules.entries())
        this.states[index] = restoreTrigger(rules, JSON.parse(JSON.stringify(this.states[index])))
    } else {
      this.tell({ type: what === 'pause' ? 'paused' : 'resumed', at, actor: ana, reason: 'because' })
    }
  }

  private decideAll(): void {
    for (const [index, rules] of this.rules.entries()) {
      if (decideTrigger(rules, this.states[index]!, this.now).decision === 'ask-known-good')
        this.tell({ type: 'known-good.sampled', at: this.now, status: 'healthy' })
      const decision = decideTrigger(rules, this.states[index]!, this.now)
      if (decision.decision === 'refuse') this.states[index] = evolveTrigger(rules, this.states[index]!, { type: 'decided', decision })
      if (decision.decision !== 'start') continue
      this.starts.push({
        trigger: rules.trigger,
        at: decision.at,
        startId: decision.startId,
        flightsInTheWorld: this.flights.length,
        wasCleared: this.cleared,
      })
      this.cleared = false
      this.tell({ type: 'decided', decision })
      const answersAtOnce = ++this.counter % 3 !== 0
      const run = { runId: `run-${decision.startId}`, startId: decision.startId, trigger: rules.trigger, targets: [settings.target] }
      this.flights.push(run)
      if (answersAtOnce) this.tell({ type: 'run.started', at: this.now, run })
      else this.unanswered.add(run.runId)
    }
  }
}

export const story = fc.array(action, { minLength: 10, maxLength: 90 })

/** Plays a story in a new world. */
export function play(
  asked: {
    readonly condition: 'any' | 'all' | 'atLeast'
    readonly maxPerDay: number
    readonly cooldown: '1m' | '1h'
    readonly two: boolean
  },
  steps: readonly Action[],
): World {
  const world = new World(asked.two ? [rulesFor('one', asked), rulesFor('two', asked)] : [rulesFor('one', asked)])
  for (const step of steps) world.apply(step)
  return world
}
