import type { Actor } from '../engine/records.ts'
import { findLevel, type SeverityLevels } from './define-severity.ts'
import { escalationId } from './check-severity.ts'
import { durationOf, optionError } from './option-error.ts'

/** One change of an incident's level. */
export interface SeverityChange<L extends string> {
  readonly from: L
  readonly to: L
  readonly direction: 'up' | 'down'
  readonly at: number
  readonly reason: string
  /** Who decided it. Left out when a policy promoted it by itself. */
  readonly actor?: Actor
}

/** The severity of one incident over time. Plain data. */
export interface IncidentSeverity<L extends string> {
  readonly level: L
  /** When the fault was detected, in milliseconds since 1970, UTC. Every clock of the policy starts here, not when a plan starts. */
  readonly detectedAt: number
  readonly changes: readonly SeverityChange<L>[]
}

/** How much of the response time is left. */
export interface ResponseClock {
  readonly dueAt: number
  /** Negative when it is over. */
  readonly remainingMs: number
  readonly isOverdue: boolean
}

/** Somebody who has to be told now. */
export interface DueEscalation {
  /** Stable: put it into `done` when it was sent. */
  readonly id: string
  readonly to: string
  readonly dueAt: number
  readonly lateMs: number
}

export interface EscalationClock {
  readonly detectedAt: number
  readonly now: number
  /** Ids that were sent already. */
  readonly done: readonly string[]
  /** When somebody took the incident: nobody further is told after that. */
  readonly acknowledgedAt?: number
}

/** A promotion that the policy asks for now. */
export interface DuePromotion<L extends string> {
  readonly to: L
  readonly reason: string
  /** The new level offers a maintenance page to people, or allows it in a plan. */
  readonly maintenance: 'allowed' | 'offer' | 'no'
}

/** Starts the clocks of an incident. Throws `OPTIONS_INVALID` for a level that the policy does not have. */
export function openIncident<L extends string>(policy: SeverityLevels<L>, level: NoInfer<L>, detectedAt: number): IncidentSeverity<L> {
  findLevel(policy, level)
  return { level, detectedAt, changes: [] }
}

/**
 * Raises the level.
 *
 * @throws RollbackError `OPTIONS_INVALID` when the new level is not above the present one, or no reason is given.
 */
export function promote<L extends string>(
  policy: SeverityLevels<L>,
  incident: IncidentSeverity<L>,
  change: { readonly to: NoInfer<L>; readonly at: number; readonly reason: string; readonly actor?: Actor },
): IncidentSeverity<L> {
  if (!isAbove(policy, change.to, incident.level)) {
    throw optionError(
      `${change.to} is not above ${incident.level}`,
      'Promotion goes up only; use demote with a person and a reason to go down.',
    )
  }
  return changed(incident, 'up', change)
}

/**
 * Lowers the level. Only a person can, and says why.
 *
 * @throws RollbackError `OPTIONS_INVALID` when the new level is not below the present one, or the actor or the reason is missing.
 */
export function demote<L extends string>(
  policy: SeverityLevels<L>,
  incident: IncidentSeverity<L>,
  change: { readonly to: NoInfer<L>; readonly at: number; readonly reason: string; readonly actor: Actor },
): IncidentSeverity<L> {
  const { actor }: { actor?: Actor } = change
  if (!isAbove(policy, incident.level, change.to)) {
    throw optionError(`${change.to} is not below ${incident.level}`, 'Demotion goes down only; use promote to go up.')
  }
  if (actor === undefined || actor.id.trim() === '') throw optionError('actor: a demotion needs a person', 'Name who decided it.')
  return changed(incident, 'down', change)
}

/** True when `level` is more severe than `other`. Throws `OPTIONS_INVALID` for a level that the policy does not have. */
export function isAbove<L extends string>(policy: SeverityLevels<L>, level: NoInfer<L>, other: NoInfer<L>): boolean {
  findLevel(policy, level)
  findLevel(policy, other)
  return policy.order.indexOf(level) < policy.order.indexOf(other)
}

function changed<L extends string>(
  incident: IncidentSeverity<L>,
  direction: 'up' | 'down',
  change: { readonly to: L; readonly at: number; readonly reason: string; readonly actor?: Actor },
): IncidentSeverity<L> {
  const { to, at, reason, actor } = change
  if (reason.trim() === '') throw optionError('reason: a change of severity needs one', 'Say in one sentence why the level changes.')
  const entry: SeverityChange<L> = { from: incident.level, to, direction, at, reason, ...(actor === undefined ? {} : { actor }) }
  return { ...incident, level: to, changes: [...incident.changes, entry] }
}

/** The time to respond, counted from detection. */
export function responseClock<L extends string>(policy: SeverityLevels<L>, incident: IncidentSeverity<L>, now: number): ResponseClock {
  const respondWithin = findLevel(policy, incident.level).respondWithin
  const dueAt = incident.detectedAt + durationOf('respondWithin', respondWithin)
  return { dueAt, remainingMs: dueAt - now, isOverdue: now > dueAt }
}

/**
 * Who has to be told now and was not yet, the longest overdue first. After a promotion the list of the new level counts from the same
 * detection, so what it would have sent earlier is due at once.
 */
export function escalationsDue<L extends string>(
  policy: SeverityLevels<L>,
  level: NoInfer<L>,
  clock: EscalationClock,
): readonly DueEscalation[] {
  const stopsAt = clock.acknowledgedAt ?? Number.POSITIVE_INFINITY
  return (findLevel(policy, level).escalate ?? [])
    .map(({ to, after }) => {
      const dueAt = clock.detectedAt + durationOf(`escalate ${to}`, after)
      return { id: escalationId(to, after), to, dueAt, lateMs: clock.now - dueAt }
    })
    .filter((entry) => entry.lateMs >= 0 && entry.dueAt <= stopsAt && !clock.done.includes(entry.id))
    .toSorted((one, other) => one.dueAt - other.dueAt)
}

/**
 * The promotion that the policy asks for now, if any: the success criteria were not met for the level's time. Criteria without data count
 * as unmet. Nothing is changed: hand the answer to `promote`, so that the change is recorded.
 */
export function promotionDue<L extends string>(
  policy: SeverityLevels<L>,
  incident: IncidentSeverity<L>,
  seen: {
    /** From when on the criteria should have been met: normally the end of the last change. */
    readonly since: number
    readonly now: number
    readonly criteria: 'healthy' | 'unhealthy' | 'unknown'
  },
): DuePromotion<L> | undefined {
  const { promote: promotion } = findLevel(policy, incident.level)
  if (promotion === undefined || seen.criteria === 'healthy') return undefined
  if (seen.now - seen.since < durationOf('promote.after', promotion.after)) return undefined
  const what = seen.criteria === 'unknown' ? 'could not be seen' : 'were not met'
  return {
    to: promotion.to,
    reason: `The success criteria ${what} for ${promotion.after}`,
    maintenance: findLevel(policy, promotion.to).maintenance,
  }
}
