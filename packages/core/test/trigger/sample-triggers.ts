import type { Check, Plan } from '../../src/contract/nodes.ts'
import type { Risk } from '../../src/contract/risk.ts'
import { automatic, type AutomaticSettings } from '../../src/trigger/automatic.ts'
import { decideTrigger } from '../../src/trigger/decide-trigger.ts'
import { evolveTrigger } from '../../src/trigger/evolve-trigger.ts'
import type { TriggerDecision } from '../../src/trigger/trigger-decision.ts'
import type { TriggerEvent } from '../../src/trigger/trigger-event.ts'
import type { TriggerRules } from '../../src/trigger/trigger-rules.ts'
import { initialTrigger, type TriggerState } from '../../src/trigger/trigger-state.ts'

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

export function checkOf(name: string): Check {
  return { kind: 'test.check', target: { system: 'test', name }, options: {}, sample: async () => ({ status: 'healthy', evidence: [] }) }
}

export function planOf<R extends Risk>(...risk: readonly R[]): Plan<R> {
  return { node: 'group', group: 'plan', name: 'undo', risk }
}

export const settings: AutomaticSettings = {
  name: 'errors',
  target: 'prod/shop/checkout',
  run: planOf('reversible'),
  knownGood: checkOf('image'),
  cooldown: '1h',
  maxPerDay: 2,
  every: '30s',
}

export const twoSignals = [
  { name: 'errors', check: checkOf('errors'), for: '5m' },
  { name: 'restarts', check: checkOf('restarts'), for: '2m' },
] as const

export const anyRules: TriggerRules = automatic({ ...settings, any: twoSignals }).rules
export const allRules: TriggerRules = automatic({ ...settings, all: twoSignals }).rules

/** A trigger with a clock: what a shell does, in the shortest words. */
export interface Bench {
  state: TriggerState
  now: number
  /** Looks at a signal every 30 seconds for so long, beginning now. */
  look(signal: string, status: 'healthy' | 'unhealthy' | 'unknown' | 'progressing', forMs?: number): void
  tell(event: TriggerEvent): void
  decide(): TriggerDecision
  /** Decides, answers the question for the known-good check, and puts the decision in. */
  act(knownGood?: 'healthy' | 'unhealthy' | 'unknown'): TriggerDecision
}

export function benchOf(rules: TriggerRules, from: number = 1000 * day): Bench {
  const bench: Bench = {
    state: initialTrigger(rules),
    now: from,
    look(signal, status, forMs = 0) {
      const end = bench.now + forMs
      for (; bench.now < end; bench.now += rules.everyMs) bench.tell({ type: 'sampled', at: bench.now, signal, status })
      bench.now = end
      bench.tell({ type: 'sampled', at: bench.now, signal, status })
    },
    tell(event) {
      bench.state = evolveTrigger(rules, bench.state, event)
    },
    decide: () => decideTrigger(rules, bench.state, bench.now),
    act(knownGood = 'healthy') {
      if (bench.decide().decision === 'ask-known-good') bench.tell({ type: 'known-good.sampled', at: bench.now, status: knownGood })
      const decision = bench.decide()
      if (decision.decision === 'start' || decision.decision === 'refuse') bench.tell({ type: 'decided', decision })
      return decision
    },
  }
  return bench
}

export const ana = { id: 'ana', roles: ['on-call'] }

/** One whole automatic run, from its decision to its end. */
export function runAfter(bench: Bench, decision: TriggerDecision, tookMs: number): void {
  if (decision.decision !== 'start') throw new Error(`expected a start, found ${JSON.stringify(decision)}`)
  const run = { runId: `run-${decision.startId}`, startId: decision.startId, trigger: decision.trigger, targets: [decision.target] }
  bench.tell({ type: 'run.started', at: bench.now, run })
  bench.now += tookMs
  bench.tell({ type: 'run.ended', at: bench.now, run })
}
