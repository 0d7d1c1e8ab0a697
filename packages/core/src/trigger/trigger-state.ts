import * as z from 'zod'
import { RollbackError } from '../contract/errors.ts'
import { parse } from '../define/parse.ts'
import type { VerdictStatus } from '../engine/records.ts'
import type { RefusalReason } from './trigger-decision.ts'
import type { TriggerRules } from './trigger-rules.ts'

/** What is known about one signal. */
export interface SignalState {
  /** Time that is proven unhealthy since the last healthy look. */
  readonly unhealthyMs: number
  /** The first unhealthy look since then. */
  readonly since: number | null
  readonly lastAt: number | null
  readonly lastStatus: VerdictStatus | null
  /** Of the last look, for people. */
  readonly detail: string | null
}

/** A run on the target that has not ended, or a start that was decided and not answered yet. */
export interface Flight {
  /** Of a start that this trigger decided. */
  readonly startId: string | null
  /** Not there until the run exists. */
  readonly runId: string | null
  readonly at: number
}

/** One decision that was recorded. The same refusal again, while the same trouble lasts, is counted and not repeated. */
export interface RecordedDecision {
  readonly decision: 'start' | 'refuse'
  readonly at: number
  readonly lastAt: number
  readonly times: number
  /** Which stretch of trouble it belongs to: a new one begins when a signal that had fired is healthy again, or a run has ended. */
  readonly episode: number
  readonly reason: RefusalReason | null
  readonly detail: string
  readonly startId: string | null
}

/** Everything that a trigger knows, as plain JSON: store it after every event, and continue from it after a restart. All times in milliseconds since 1970, UTC. */
export interface TriggerState {
  readonly format: 'backstep-trigger/v1'
  readonly trigger: string
  readonly signals: Readonly<Record<string, SignalState>>
  readonly knownGood: { readonly at: number; readonly status: VerdictStatus; readonly detail: string | null } | null
  readonly flights: readonly Flight[]
  /** When this trigger decided to start something, newest last. */
  readonly starts: readonly number[]
  /** How many starts there ever were; numbers the next one. */
  readonly startCount: number
  /** The newest 100 ids of runs and starts on the target that are over, so that news of them that comes again changes nothing. */
  readonly ended: readonly string[]
  /** When the last run on the target ended. */
  readonly endedAt: number | null
  /** Looks from before this time are ignored: they show a run, or what it left behind. */
  readonly quietUntil: number
  /** A machine has gone back already: it does not go back again until a person or a new release has cleared it. */
  readonly rolledBack: { readonly by: string; readonly at: number } | null
  readonly paused: { readonly by: string; readonly reason: string; readonly at: number } | null
  readonly episode: number
  /** The newest 100. */
  readonly decisions: readonly RecordedDecision[]
}

/** A signal of which nothing is known. */
export const untouchedSignal: SignalState = { unhealthyMs: 0, since: null, lastAt: null, lastStatus: null, detail: null }

/** Names the next start: the same before and after a restart, and never given twice. */
export function nextStartId(state: TriggerState): string {
  return `${state.trigger}#${state.startCount + 1}`
}

/** A trigger that has seen nothing yet. */
export function initialTrigger(rules: TriggerRules): TriggerState {
  return {
    format: 'backstep-trigger/v1',
    trigger: rules.trigger,
    signals: Object.fromEntries(Object.keys(rules.signals).map((name) => [name, untouchedSignal])),
    knownGood: null,
    flights: [],
    starts: [],
    startCount: 0,
    ended: [],
    endedAt: null,
    quietUntil: 0,
    rolledBack: null,
    paused: null,
    episode: 0,
    decisions: [],
  }
}

const time = z.number()
const status = z.enum(['healthy', 'progressing', 'unhealthy', 'unknown'])
const reason = z.enum([
  'paused',
  'run-in-flight',
  'already-rolled-back',
  'cooling-down',
  'budget-used-up',
  'known-good-unhealthy',
  'known-good-unknown',
])
const signalSchema = z.strictObject({
  unhealthyMs: time.nonnegative(),
  since: time.nullable(),
  lastAt: time.nullable(),
  lastStatus: status.nullable(),
  detail: z.string().nullable(),
})
const decisionSchema = z.strictObject({
  decision: z.enum(['start', 'refuse']),
  at: time,
  lastAt: time,
  times: z.int().positive(),
  episode: z.int().nonnegative(),
  reason: reason.nullable(),
  detail: z.string(),
  startId: z.string().nullable(),
})
const stateSchema: z.core.$ZodType<TriggerState> = z.strictObject({
  format: z.literal('backstep-trigger/v1'),
  trigger: z.string(),
  signals: z.record(z.string(), signalSchema),
  knownGood: z.strictObject({ at: time, status, detail: z.string().nullable() }).nullable(),
  flights: z.array(z.strictObject({ startId: z.string().nullable(), runId: z.string().nullable(), at: time })),
  starts: z.array(time),
  startCount: z.int().nonnegative(),
  ended: z.array(z.string()),
  endedAt: time.nullable(),
  quietUntil: time,
  rolledBack: z.strictObject({ by: z.string(), at: time }).nullable(),
  paused: z.strictObject({ by: z.string(), reason: z.string(), at: time }).nullable(),
  episode: z.int().nonnegative(),
  decisions: z.array(decisionSchema),
})

/**
 * Continues from a stored state. Signals that the trigger does not have any more are forgotten, new ones start untouched; runs, starts,
 * pauses and blocks are kept.
 *
 * @throws RollbackError `JOURNAL_CORRUPT` for a state that cannot be read or belongs to another trigger. It is never replaced by an empty
 * one: that would forget starts and runs.
 */
export function restoreTrigger(rules: TriggerRules, stored: unknown): TriggerState {
  const state = parse(`state of trigger ${rules.trigger}`, stateSchema, stored, 'JOURNAL_CORRUPT')
  if (state.trigger !== rules.trigger) {
    throw new RollbackError('JOURNAL_CORRUPT', `state of trigger ${rules.trigger}: it belongs to trigger ${state.trigger}`, {
      hint: 'Store the state of each trigger under its own name.',
      effect: 'none',
    })
  }
  const signals = Object.keys(rules.signals).map(
    (name) => [name, Object.hasOwn(state.signals, name) ? state.signals[name] : untouchedSignal] as const,
  )
  return { ...state, signals: Object.fromEntries(signals) as TriggerState['signals'] }
}
