import { formatDuration } from '../contract/duration.ts'
import type { FiredSignal, RefusalReason, TriggerDecision } from './trigger-decision.ts'
import type { TriggerRules } from './trigger-rules.ts'
import { nextStartId, type SignalState, type TriggerState } from './trigger-state.ts'

const dayMs = 86_400_000

/**
 * What to do now. Pure: the same state and time give the same answer, and nothing is changed.
 *
 * The order of work of a shell: sample what is due and put it in, decide, put the decision in with `decided`, store the state, and only
 * then act. A start that was stored and never answered is still in flight after a restart: find out with its `startId` whether the run
 * exists, and say `run.started` or `run.not-started`. One state has one writer: two processes that decide for the same trigger are kept
 * apart by the shell, and by the leases of the run.
 *
 * @param now milliseconds since 1970, UTC.
 */
export function decideTrigger(rules: TriggerRules, state: TriggerState, now: number): TriggerDecision {
  const fired = firedSignals(rules, state, now)
  if (fired.length < rules.needed || fired.length === 0) return { decision: 'nothing' }
  const refusal = whyNot(rules, state, now)
  if (refusal !== undefined) return refuse(state, now, fired, refusal)
  const known = state.knownGood
  if (known === null || now - known.at > rules.staleAfterMs) return { decision: 'ask-known-good' }
  const doubt = doubtOf(known.status, known.detail)
  if (doubt !== undefined) return refuse(state, now, fired, doubt)
  const names = fired.map(({ signal, unhealthyMs }) => `${signal} is unhealthy for ${formatDuration(unhealthyMs)}`).join(', ')
  return { decision: 'start', trigger: rules.trigger, at: now, startId: nextStartId(state), target: rules.target, detail: names, fired }
}

/**
 * The signals that have fired: unhealthy for their whole time, and seen to be so just now. A signal whose last look had no data, or is
 * older than `staleAfterMs`, does not count as fired, though its time is not lost.
 */
export function firedSignals(rules: TriggerRules, state: TriggerState, now: number): readonly FiredSignal[] {
  return Object.entries(rules.signals).flatMap(([signal, { forMs }]) => {
    const seen = Object.hasOwn(state.signals, signal) ? state.signals[signal] : undefined
    if (seen === undefined || !hasFired(seen, forMs, now - rules.staleAfterMs)) return []
    return [{ signal, since: seen.since ?? now, unhealthyMs: seen.unhealthyMs, detail: seen.detail }]
  })
}

function hasFired(seen: SignalState, forMs: number, freshFrom: number): boolean {
  return seen.lastStatus === 'unhealthy' && seen.unhealthyMs >= forMs && seen.lastAt !== null && seen.lastAt >= freshFrom
}

interface Refusal {
  readonly reason: RefusalReason
  readonly detail: string
  readonly hint: string
}

function whyNot(rules: TriggerRules, state: TriggerState, now: number): Refusal | undefined {
  const [flight] = state.flights
  if (state.paused !== null) {
    return {
      reason: 'paused',
      detail: `${state.paused.by} has paused it: ${state.paused.reason}`,
      hint: 'Act by hand, or resume the trigger.',
    }
  }
  if (flight !== undefined) {
    return {
      reason: 'run-in-flight',
      detail: `${flight.runId ?? flight.startId ?? 'a run'} has not ended`,
      hint: 'Wait for the run to end, or answer what it asks.',
    }
  }
  if (state.rolledBack !== null) {
    return {
      reason: 'already-rolled-back',
      detail: `A machine has gone back already (${state.rolledBack.by}); a rollback is not rolled back`,
      hint: 'Look at it yourself. A new release or a person clears this.',
    }
  }
  return whyTooOften(rules, state, now)
}

function whyTooOften(rules: TriggerRules, state: TriggerState, now: number): Refusal | undefined {
  const waitedMs = state.endedAt === null ? Number.POSITIVE_INFINITY : now - state.endedAt
  if (waitedMs < rules.cooldownMs) {
    return {
      reason: 'cooling-down',
      detail: `The last run on ${rules.target} ended too short a time ago`,
      hint: `Act by hand, or wait ${formatDuration(rules.cooldownMs - waitedMs)}.`,
    }
  }
  const startsToday = state.starts.filter((at) => now - at <= dayMs).length
  if (startsToday < rules.maxPerDay) return undefined
  return {
    reason: 'budget-used-up',
    detail: `It has started ${startsToday} of ${rules.maxPerDay} times within 24 hours`,
    hint: 'Act by hand: going back again and again does not help.',
  }
}

function doubtOf(status: string, detail: string | null): Refusal | undefined {
  if (status === 'healthy') return undefined
  const what = detail === null ? '' : `: ${detail}`
  if (status === 'unhealthy') {
    return {
      reason: 'known-good-unhealthy',
      detail: `What it would go back to is not good${what}`,
      hint: 'Choose another target by hand, or repair forward.',
    }
  }
  return {
    reason: 'known-good-unknown',
    detail: `Whether what it would go back to is good could not be seen${what}`,
    hint: 'Find out by hand, then start the plan yourself.',
  }
}

function refuse(state: TriggerState, now: number, fired: readonly FiredSignal[], { reason, detail, hint }: Refusal): TriggerDecision {
  const last = state.decisions.at(-1)
  const isRepeat = last?.reason === reason && last.episode === state.episode
  const needsPeople = reason !== 'run-in-flight'
  return { decision: 'refuse', trigger: state.trigger, at: now, reason, detail, hint, page: needsPeople && !isRepeat, fired }
}
