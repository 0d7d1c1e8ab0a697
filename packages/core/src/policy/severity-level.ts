import type { Duration } from '../contract/json.ts'
import type { ApprovalPolicy } from '../contract/nodes.ts'
import type { Decision, Strategy, StrategyUnder } from './decision.ts'
import type { FactCondition, FactTypes } from './facts.ts'

/** Severities of the PagerDuty Events API v2, and `none` for "wakes nobody". */
export type PageSeverity = 'critical' | 'error' | 'warning' | 'info' | 'none'

/** Impacts that a status page shows. */
export type StatusPageImpact = 'critical' | 'major' | 'minor' | 'none'

/** Who is told when nobody has taken the incident. */
export interface Escalation {
  /** A role; names and numbers belong into the notifier's directory. */
  readonly to: string
  /** From detection. `'0s'`: at once. */
  readonly after: Duration
}

/** When an incident becomes more severe by itself. */
export interface Promotion<L extends string> {
  /** A level above this one. */
  readonly to: L
  /** How long the success criteria may stay unmet. */
  readonly after: Duration
}

/**
 * How one level of severity is answered. Plain data: every difference between two teams is a value here, none is code.
 *
 * `allow` under an automatic decision takes the application only; data and infrastructure go into `allowAfterApproval`.
 */
export interface SeverityLevel<L extends string = string, D extends Decision = Decision> {
  /** One sentence that tells a person whether this is the level: "All users are cut off, or data is lost." */
  readonly meaning: string
  /** From detection to the first action, not from the start of a plan. */
  readonly respondWithin: Duration
  /** Who starts the plan. */
  readonly decision: D
  /** The ways out that the decision covers. */
  readonly allow: readonly StrategyUnder<D>[]
  /** Ways out that a person must approve first, whatever the decision says. Default: none. */
  readonly allowAfterApproval?: readonly Strategy[]
  /** What to try first, in this order. Each has to be allowed. Default: the order of `allow`. */
  readonly prefer?: readonly Strategy[]
  /** Whose yes is needed where a yes is needed. */
  readonly approvals: ApprovalPolicy
  /** Default: nobody. */
  readonly escalate?: readonly Escalation[]
  readonly page: PageSeverity
  /** While it lasts. Default: no promise. */
  readonly updateEvery?: Duration
  readonly statusPage: 'required' | 'if-external' | 'no'
  readonly statusPageImpact: StatusPageImpact
  /** Whether users may be shown a maintenance page: as part of a plan, as an offer to people when the criteria stay unmet, or not. */
  readonly maintenance: 'allowed' | 'offer' | 'no'
  /** Default: stays at its level. */
  readonly promote?: Promotion<L>
}

/** A level with any decision, as it is read back from a policy. */
export type AnySeverityLevel<L extends string = string> = { readonly [D in Decision]: SeverityLevel<L, D> }[Decision]

/** One rule: when the condition holds, the incident has this level. */
export interface ClassificationRule<L extends string, F extends FactTypes> {
  /** For people and reports; unique in its policy. */
  readonly name: string
  readonly when: FactCondition<F>
  readonly level: L
  /** A machine starts nothing for such an incident, whatever its level decides: lost data, a break-in. Default `false`. */
  readonly needsPerson?: boolean
}

/** What a policy can be changed in without changing who decides. */
export type LevelChange<L extends string, D extends Decision> = Partial<Omit<SeverityLevel<L, D>, 'decision'>>

/** What `classify` found. */
export interface Classification<L extends string> {
  readonly level: L
  /** The rule that matched, or `fallback`. */
  readonly rule: string
  /** One sentence for people. */
  readonly because: string
  /** Hand it to `start`. True for the fallback too: what no rule knows is not started by a machine. */
  readonly needsPerson: boolean
  /** Rules above the one that matched which could not be told because facts are missing. Not empty: it may be worse than it says. */
  readonly undecided: readonly string[]
}
