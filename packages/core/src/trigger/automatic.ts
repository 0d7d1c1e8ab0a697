import { RollbackError } from '../contract/errors.ts'
import type { Duration } from '../contract/json.ts'
import type { Check, Plan } from '../contract/nodes.ts'
import type { AutomaticRisk } from '../contract/risk.ts'
import { allLeaves, type SealedPlan } from '../seal/sealed-plan.ts'
import { worstInside } from './risk-inside.ts'
import { rulesOf, type TriggerRules } from './trigger-rules.ts'

/** A check that counts as fired when it was unhealthy long enough. */
export interface Signal {
  /** Default `kind@target` of the check. Needed only when two signals of one trigger share both. */
  readonly name?: string
  readonly check: Check
  /** How long it has to be unhealthy, without a healthy look in between. One look is never enough. */
  readonly for: Duration
}

/** Which signals have to have fired: any of them, all of them, or at least so many of them. */
export type SignalCondition =
  | { readonly any: readonly Signal[]; readonly all?: never; readonly atLeast?: never; readonly of?: never }
  | { readonly all: readonly Signal[]; readonly any?: never; readonly atLeast?: never; readonly of?: never }
  | { readonly atLeast: number; readonly of: readonly Signal[]; readonly any?: never; readonly all?: never }

export interface AutomaticSettings {
  readonly name: string
  /** What is rolled back, in one fixed text: `prod/shop/checkout`. Every trigger and every run on the same thing uses the same text. */
  readonly target: string
  /** What a machine starts. A plan that can lose data or has no way back does not compile. */
  readonly run: Plan<AutomaticRisk>
  /** Whether what the plan goes back to is known to be good. Anything but healthy: nothing is started, and people are paged. */
  readonly knownGood: Check
  /** After any run on the target has ended. */
  readonly cooldown: Duration
  /** Starts within any 24 hours. */
  readonly maxPerDay: number
  /** Between two looks. Default `'30s'`. */
  readonly every?: Duration
  /** After a run on the target has ended, while everything still settles: what is seen then is ignored. Default `'5m'`. */
  readonly settle?: Duration
  /**
   * Looks further apart than this leave a hole: the time between does not count as unhealthy, and a last look older than this starts
   * nothing. Default: three times `every`.
   */
  readonly staleAfter?: Duration
}

/** A plan that a machine may start, and when. */
export type AutomaticDefinition = AutomaticSettings & SignalCondition

/** A checked `AutomaticDefinition`. The shell samples `signals` and `knownGood`; `rules` are the numbers, as plain data. */
export interface AutomaticTrigger {
  readonly name: string
  readonly target: string
  readonly run: Plan<AutomaticRisk>
  readonly knownGood: Check
  readonly signals: readonly (Signal & { readonly name: string })[]
  readonly rules: TriggerRules
}

/**
 * Makes a trigger: a plan that a machine starts by itself when production is seen to be broken.
 *
 * The type of `run` takes a plan only when nothing in it can lose data or has no way back. The same is tested here over the plan itself and
 * everything in it, so that a cast or plain JavaScript does not get round it; and again by `requireAutomatic` when it is started.
 *
 * @throws RollbackError `PLAN_INVALID` for a plan with a risk that needs a person, naming the trigger and the risk. `OPTIONS_INVALID` for
 * no signals, a signal without a time, two signals of one name, or numbers that make no sense.
 */
export function automatic(definition: AutomaticDefinition): AutomaticTrigger {
  const { name, target, run, knownGood } = definition
  const found = worstInside(run)
  if (found !== undefined) throw hazard(name, found.risk, found.where)
  const signals = signalsOf(definition).map((signal) => ({
    ...signal,
    name: signal.name ?? `${signal.check.kind}@${signal.check.target.name}`,
  }))
  return Object.freeze({ name, target, run, knownGood, signals, rules: rulesOf(definition, signals) })
}

function signalsOf(condition: SignalCondition): readonly Signal[] {
  return condition.any ?? condition.all ?? condition.of ?? []
}

function hazard(trigger: string, risk: string, where: string): RollbackError {
  return new RollbackError('PLAN_INVALID', `trigger ${trigger} would start ${risk} without a person: ${where}`, {
    hint: 'Move the hazardous step into a plan of its own that people approve, and let the trigger page them.',
  })
}

/**
 * The last test before a machine starts a plan, over what would really run: the sealed plan, with everything that was known only when it
 * was sealed.
 *
 * @throws RollbackError `PLAN_INVALID`, naming the trigger, the risk and the step.
 */
export function requireAutomatic(trigger: AutomaticTrigger, sealed: SealedPlan): void {
  for (const leaf of allLeaves(sealed)) {
    const [risk] = leaf.risk.filter((entry) => entry !== 'none' && entry !== 'reversible')
    if (risk !== undefined) throw hazard(trigger.name, risk, leaf.id)
  }
}
