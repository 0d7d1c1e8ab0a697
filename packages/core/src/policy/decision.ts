import { RollbackError } from '../contract/errors.ts'
import type { PlanSeverity } from '../contract/nodes.ts'
import type { AutomaticRisk, Risk } from '../contract/risk.ts'

/**
 * Who starts a plan.
 *
 * - `auto`: a machine, without asking.
 * - `auto-if-enabled`: a machine, where somebody has switched it on for this plan; a person otherwise.
 * - `confirm`: a person says yes first.
 * - `evaluate`: people look at the evidence and choose whether to go back at all.
 * - `fix-forward-first`: a repair is tried first, within a time box; going back is the second choice.
 * - `fix-forward`: repaired in the next release; going back is not expected.
 */
export type Decision = PlanSeverity['decision']

/** The decisions that let a machine start a plan. */
export type AutomaticDecision = 'auto' | 'auto-if-enabled'

/** The decisions that need a person. */
export type PersonDecision = Exclude<Decision, AutomaticDecision>

/**
 * Ways out of an incident.
 *
 * - `flag-off`: switch a feature flag off; nothing is deployed.
 * - `config`: put an earlier configuration back.
 * - `partial`: put some services back to the earlier release.
 * - `full`: put all services back to the earlier release.
 * - `infra`: put infrastructure back.
 * - `data-restore`: bring data back from a backup. Writes since then are at stake.
 * - `fix-forward`: repair with a new release.
 */
export type Strategy = 'flag-off' | 'config' | 'partial' | 'full' | 'infra' | 'data-restore' | 'fix-forward'

/**
 * What a machine may choose: the application only. Data and infrastructure always need a person, and a machine cannot write a repair.
 */
export type AutomaticStrategy = 'flag-off' | 'config' | 'partial' | 'full'

/** What a level with the decision `D` may use without a further approval. A decision that is not known exactly counts as automatic. */
export type StrategyUnder<D extends Decision> = [D] extends [PersonDecision] ? Strategy : AutomaticStrategy

/** The decisions that a plan with the risk `R` may stand under: never an automatic one when it can lose data or has no way back. */
export type DecisionFor<R extends Risk> = [R] extends [AutomaticRisk] ? Decision : PersonDecision

/** `PlanSeverity` for a plan with the risk `R`: data loss or a point of no return under `auto` does not compile. */
export interface PlanSeverityFor<R extends Risk> {
  readonly level: string
  readonly decision: DecisionFor<R>
}

/** Every strategy, the least dangerous first. */
export const strategies: readonly Strategy[] = ['flag-off', 'config', 'partial', 'full', 'infra', 'data-restore', 'fix-forward']

/** The part of `strategies` that a machine may choose. */
export const automaticStrategies: readonly AutomaticStrategy[] = ['flag-off', 'config', 'partial', 'full']

/** Every decision, the one with the least freedom for a machine last. */
export const decisions: readonly Decision[] = ['auto', 'auto-if-enabled', 'confirm', 'evaluate', 'fix-forward-first', 'fix-forward']

/** True for `auto` and `auto-if-enabled`. */
export function isAutomaticDecision(decision: string): decision is AutomaticDecision {
  return decision === 'auto' || decision === 'auto-if-enabled'
}

/** True for a strategy that a machine may choose. */
export function isAutomaticStrategy(strategy: string): strategy is AutomaticStrategy {
  return (automaticStrategies as readonly string[]).includes(strategy)
}

/**
 * The risks of a list that need a person. Anything but `none` and `reversible` is one of them, also a word that no version of this
 * package knows: what cannot be understood is not started by a machine.
 */
export function risksForPeople(risks: readonly string[]): readonly string[] {
  return risks.filter((risk) => risk !== 'none' && risk !== 'reversible')
}

/**
 * The check behind `PlanSeverityFor`, for plans that were cast, come from plain JavaScript, or were read from a file.
 *
 * @throws RollbackError `PLAN_INVALID`, naming the plan, the decision and the risk.
 */
export function requireDecisionFits(planName: string, decision: string, risks: readonly string[]): void {
  if (!(decisions as readonly string[]).includes(decision)) {
    throw new RollbackError('PLAN_INVALID', `plan ${planName}: the decision "${decision}" does not exist`, {
      hint: `Use one of ${decisions.join(', ')}.`,
    })
  }
  const [worst] = isAutomaticDecision(decision) ? risksForPeople(risks) : []
  if (worst === undefined) return
  throw new RollbackError('PLAN_INVALID', `plan ${planName}: ${worst} cannot stand under the decision "${decision}"`, {
    hint: "Use the decision 'confirm', or move the hazardous step into a plan of its own that people approve.",
  })
}
