import type { Duration } from '../contract/json.ts'
import { optionError, positiveDurationOf } from './option-error.ts'

/** Expected time of each phase, in the order in which they follow each other. */
export type TimeBudget<P extends string = string> = Readonly<Record<P, Duration>>

/** When a phase really began and ended, in milliseconds since 1970, UTC. */
export interface PhaseTime {
  readonly startedAt: number
  readonly endedAt?: number
}

/**
 * - `over`: the phase itself takes or took longer than expected.
 * - `late`: it keeps its own time, and has not ended by its planned end, because something before it ran over.
 * - `on-time`: neither. Judged to a tenth of a minute, as it is shown.
 */
export type PhaseJudgement = 'on-time' | 'late' | 'over'

/** One phase against its budget. All times in minutes, the planned and real ones from the start of the whole. */
export interface JudgedPhase<P extends string = string> {
  readonly phase: P
  readonly state: 'waiting' | 'running' | 'done'
  readonly judgement: PhaseJudgement
  readonly plannedFrom: number
  readonly plannedTo: number
  readonly from?: number
  readonly to?: number
  /** So far, while it runs. */
  readonly took?: number
  /** Beyond its own expected time; 0 when within. */
  readonly overBy: number
  /** After its planned end; 0 when before. Of a phase that waits: after its planned start. */
  readonly lateBy: number
}

/** A whole budget. */
export interface BudgetJudgement<P extends string = string> {
  readonly phases: readonly JudgedPhase<P>[]
  readonly elapsed: number
  readonly planned: number
  /** The worst of its phases. */
  readonly judgement: PhaseJudgement
}

const minuteMs = 60_000

/**
 * Compares what happened with what was expected, phase by phase. Nothing is ever stopped because of a budget: it tells people, and may
 * start an escalation.
 *
 * @throws RollbackError `OPTIONS_INVALID` for a phase without time, and for a phase whose name is a whole number, since JavaScript puts such
 * keys before all others and the order of the phases would be lost.
 */
export function judgeBudget<P extends string>(
  budget: TimeBudget<P>,
  startedAt: number,
  phaseTimes: { readonly [K in NoInfer<P>]?: PhaseTime | undefined },
  now: number,
): BudgetJudgement<P> {
  let plannedMs = 0
  const phases: JudgedPhase<P>[] = []
  for (const [phase, duration] of Object.entries(budget) as [P, Duration][]) {
    if (/^\d+$/.test(phase))
      throw optionError(`time budget: the phase "${phase}" is a number`, 'Give it a word: the order of the phases would be lost.')
    const expectedMs = positiveDurationOf(`time budget, ${phase}`, duration)
    const planned = { from: plannedMs, to: plannedMs + expectedMs }
    phases.push(judgePhase(phase, planned, startedAt, Object.hasOwn(phaseTimes, phase) ? phaseTimes[phase] : undefined, now))
    plannedMs = planned.to
  }
  const elapsed = minutes(Math.max(0, now - startedAt))
  return { phases, elapsed, planned: minutes(plannedMs), judgement: worst(phases.map(({ judgement }) => judgement)) }
}

function judgePhase<P extends string>(
  phase: P,
  planned: { readonly from: number; readonly to: number },
  startedAt: number,
  time: PhaseTime | undefined,
  now: number,
): JudgedPhase<P> {
  const plan = { phase, plannedFrom: minutes(planned.from), plannedTo: minutes(planned.to) }
  if (time === undefined) {
    const waited = minutes(Math.max(0, now - startedAt - planned.from))
    return { ...plan, state: 'waiting', judgement: waited > 0 ? 'late' : 'on-time', overBy: 0, lateBy: waited }
  }
  const endMs = time.endedAt ?? now
  const tookMs = Math.max(0, endMs - time.startedAt)
  const overBy = minutes(Math.max(0, tookMs - (planned.to - planned.from)))
  const lateBy = minutes(Math.max(0, endMs - startedAt - planned.to))
  return {
    ...plan,
    state: time.endedAt === undefined ? 'running' : 'done',
    judgement: overBy > 0 ? 'over' : lateBy > 0 ? 'late' : 'on-time',
    from: minutes(time.startedAt - startedAt),
    ...(time.endedAt === undefined ? {} : { to: minutes(time.endedAt - startedAt) }),
    took: minutes(tookMs),
    overBy,
    lateBy,
  }
}

function worst(judgements: readonly PhaseJudgement[]): PhaseJudgement {
  if (judgements.includes('over')) return 'over'
  return judgements.includes('late') ? 'late' : 'on-time'
}

/** To a tenth of a minute. */
function minutes(milliseconds: number): number {
  return Math.round((milliseconds / minuteMs) * 10) / 10
}
