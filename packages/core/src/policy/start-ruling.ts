import type { ApprovalPolicy } from '../contract/nodes.ts'
import type { Risk } from '../contract/risk.ts'
import { isAutomaticDecision, risksForPeople, type Strategy } from './decision.ts'
import type { AnySeverityLevel } from './severity-level.ts'

/** What somebody, or a trigger, wants to start. */
export interface StartQuestion {
  readonly strategy: Strategy
  /** `plan.risk`, or the risks of the sealed plan. */
  readonly risk: readonly Risk[]
  /** Whether a person switched the automatic start of this plan on; asked only under `auto-if-enabled`. Default `false`. */
  readonly isEnabled?: boolean
  /** `Classification.needsPerson`. Default `false`. */
  readonly needsPerson?: boolean
}

/**
 * What has to happen before the plan may start.
 *
 * - `automatically`: nothing; a machine may start it.
 * - `after-approval`: the approvals.
 * - `after-evaluation`: people look at the evidence and choose, then the approvals.
 * - `after-fix-forward`: a repair was tried within its time box, then the approvals.
 * - `refused`: this level does not allow the strategy.
 */
export type StartRuling =
  | { readonly start: 'automatically'; readonly because: string }
  | {
      readonly start: 'after-approval' | 'after-evaluation' | 'after-fix-forward'
      readonly approvals: ApprovalPolicy
      readonly because: string
    }
  | { readonly start: 'refused'; readonly because: string; readonly hint: string }

/** One way out that a level has. */
export interface StrategyChoice {
  readonly strategy: Strategy
  readonly needsApproval: boolean
}

/** The ways out of a level, the preferred ones first, then the others in the order in which they are allowed. */
export function strategiesOf(level: AnySeverityLevel): readonly StrategyChoice[] {
  const allowed: readonly Strategy[] = [...level.allow, ...(level.allowAfterApproval ?? [])]
  const preferred: readonly Strategy[] = level.prefer ?? []
  const ordered = [...preferred, ...allowed.filter((strategy) => !preferred.includes(strategy))]
  const free: readonly Strategy[] = isAutomaticDecision(level.decision) ? level.allow : []
  return ordered.map((strategy) => ({ strategy, needsApproval: !free.includes(strategy) }))
}

/** See `SeverityPolicy.start`. */
export function ruleStart(name: string, level: AnySeverityLevel, question: StartQuestion): StartRuling {
  const { strategy, risk } = question
  const free: readonly Strategy[] = level.allow
  const guarded: readonly Strategy[] = level.allowAfterApproval ?? []
  if (!free.includes(strategy) && !guarded.includes(strategy)) {
    const names = [...free, ...guarded].join(', ')
    return { start: 'refused', because: `${name} does not allow ${strategy}`, hint: `Choose one of ${names}, or promote the incident.` }
  }
  const [hazard] = risksForPeople(risk)
  if (!isAutomaticDecision(level.decision)) return forPeople(name, level, strategy)
  if (question.needsPerson === true)
    return { start: 'after-approval', approvals: level.approvals, because: 'This kind of incident is left to people' }
  if (guarded.includes(strategy))
    return { start: 'after-approval', approvals: level.approvals, because: `${name} allows ${strategy} after an approval only` }
  if (hazard !== undefined)
    return { start: 'after-approval', approvals: level.approvals, because: `The plan carries ${hazard}, which no machine may start` }
  if (level.decision === 'auto-if-enabled' && question.isEnabled !== true) {
    return { start: 'after-approval', approvals: level.approvals, because: `${name} starts by itself only where a person has enabled it` }
  }
  return { start: 'automatically', because: `${name} lets a machine start ${strategy}` }
}

function forPeople(name: string, level: AnySeverityLevel, strategy: Strategy): StartRuling {
  const { approvals, decision } = level
  if (decision === 'evaluate') return { start: 'after-evaluation', approvals, because: `${name}: people weigh the evidence first` }
  if (decision === 'confirm') return { start: 'after-approval', approvals, because: `${name}: a person says yes first` }
  if (strategy === 'fix-forward') return { start: 'after-approval', approvals, because: `${name}: a repair is what it asks for first` }
  return { start: 'after-fix-forward', approvals, because: `${name}: a repair is tried first` }
}
