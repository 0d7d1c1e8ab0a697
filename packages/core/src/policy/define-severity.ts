import { checkLevels, checkOrder, checkRules } from './check-severity.ts'
import { isAutomaticDecision, isAutomaticStrategy, type Decision } from './decision.ts'
import { describeCondition, judgeCondition, type FactTypes, type Facts } from './facts.ts'
import { optionError } from './option-error.ts'
import type { AnySeverityLevel, Classification, ClassificationRule, LevelChange, SeverityLevel } from './severity-level.ts'
import { ruleStart, type StartQuestion, type StartRuling } from './start-ruling.ts'

/** The decision of every level. */
export type LevelDecisions<L extends string> = { readonly [K in L]: Decision }

/** The levels of a policy, for what does not need its rules. */
export interface SeverityLevels<L extends string> {
  readonly name: string
  /** The most severe level first. */
  readonly order: readonly L[]
  readonly levels: { readonly [K in L]: AnySeverityLevel<L> }
}

export interface SeverityDefinition<L extends string, D extends LevelDecisions<L>, F extends FactTypes> {
  /** For errors and reports. */
  readonly name: string
  /** Every level once, the most severe first. */
  readonly order: readonly L[]
  /** One entry for each level of `order`, and no other. */
  readonly levels: { readonly [K in keyof D]: SeverityLevel<NoInfer<L>, D[K]> } & {
    readonly [K in Exclude<keyof D & string, L>]: `${K} is not in order`
  }
  /** What can be known about an incident. */
  readonly facts: F
  /** Asked in this order; the first rule that holds decides. */
  readonly classify: readonly ClassificationRule<NoInfer<L>, NoInfer<F>>[]
  /** When no rule holds. An incident always has a level. */
  readonly fallback: NoInfer<L>
}

/** How incidents are graded and answered. Data with the questions that can be asked about it; nothing in it changes. */
export interface SeverityPolicy<L extends string, D extends LevelDecisions<L>, F extends FactTypes> extends SeverityLevels<L> {
  readonly levels: { readonly [K in L]: SeverityLevel<L, D[K]> & AnySeverityLevel<L> }
  readonly facts: F
  readonly rules: readonly ClassificationRule<L, F>[]
  readonly fallback: L
  /** The level of an incident: the first rule that holds, else the fallback. A rule with missing facts does not hold and is named in `undecided`. */
  classify(facts: Facts<F>): Classification<L>
  /** For `plan({ severity })`. */
  severity<K extends L>(level: K): { readonly level: K; readonly decision: D[K] }
  /** Who may start a plan now, and after what. */
  start(level: L, question: StartQuestion): StartRuling
  /** The same policy with other values in some levels. A given field replaces the old one whole. Who decides is changed with `decide`. */
  override(changes: { readonly [K in L]?: LevelChange<L, D[K]> }): SeverityPolicy<L, D, F>
  /** The same policy with other decisions. Under an automatic one, data and infrastructure move to `allowAfterApproval` by themselves. */
  decide<const C extends { readonly [K in L]?: Decision }>(
    decisions: C & { readonly [K in Exclude<keyof C & string, L>]: `${K} is not in order` },
  ): SeverityPolicy<L, { readonly [K in L]: K extends keyof C ? (C[K] extends Decision ? C[K] : D[K]) : D[K] }, F>
  /** The same levels with other rules. */
  classifyWith(rules: readonly ClassificationRule<L, F>[], fallback?: L): SeverityPolicy<L, D, F>
}

type PlainPolicy = SeverityPolicy<string, LevelDecisions<string>, FactTypes>
interface PlainDefinition {
  readonly name: string
  readonly order: readonly string[]
  readonly levels: Readonly<Record<string, AnySeverityLevel>>
  readonly facts: FactTypes
  readonly classify: readonly ClassificationRule<string, FactTypes>[]
  readonly fallback: string
}

/**
 * Makes a severity policy. A level that is missing or that `order` does not know, a rule over an unknown fact, and `data-restore` under an
 * automatic decision do not compile.
 *
 * @throws RollbackError `OPTIONS_INVALID` for the same mistakes in plain JavaScript, and for what types cannot see: times that are none,
 * preferences that are not allowed, a promotion that does not go up, an approval that nobody can give.
 */
export function defineSeverity<const L extends string, const D extends LevelDecisions<NoInfer<L>>, const F extends FactTypes>(
  definition: SeverityDefinition<L, D, F>,
): SeverityPolicy<L, D, F> {
  return make(definition as unknown as PlainDefinition) as unknown as SeverityPolicy<L, D, F>
}

function make(definition: PlainDefinition): PlainPolicy {
  const { name, order, levels, facts, fallback } = definition
  checkOrder(name, order, levels, fallback)
  checkLevels(name, order, levels)
  checkRules(name, order, facts, definition.classify)
  const levelOf = (level: string): AnySeverityLevel => findLevel(definition, level)
  return Object.freeze({
    name,
    order,
    levels,
    facts,
    rules: definition.classify,
    fallback,
    classify: (known: Facts<FactTypes>) => classify(definition, known),
    severity: (level: string) => ({ level, decision: levelOf(level).decision }),
    start: (level: string, question: StartQuestion) => ruleStart(level, levelOf(level), question),
    override: (changes: Readonly<Record<string, object>>) => make({ ...definition, levels: change(definition, changes) }),
    decide: (decisions: Readonly<Record<string, Decision>>) =>
      make({ ...definition, levels: change(definition, decided(definition, decisions)) }),
    classifyWith: (rules: PlainDefinition['classify'], other = fallback) => make({ ...definition, classify: rules, fallback: other }),
  }) as unknown as PlainPolicy
}

/**
 * One level of a policy.
 *
 * @throws RollbackError `OPTIONS_INVALID` when the policy has no such level.
 */
export function findLevel<L extends string>(policy: SeverityLevels<L>, level: L): AnySeverityLevel<L> {
  if (Object.hasOwn(policy.levels, level)) return policy.levels[level]
  throw optionError(`severity policy ${policy.name}: there is no level "${level}"`, `Use one of ${policy.order.join(', ')}.`)
}

function classify(definition: PlainDefinition, facts: Facts<FactTypes>): Classification<string> {
  const undecided: string[] = []
  for (const rule of definition.classify) {
    const truth = judgeCondition(rule.when, facts)
    if (truth === 'yes') {
      const because = `${rule.name}: ${describeCondition(rule.when)}`
      return { level: rule.level, rule: rule.name, because, needsPerson: rule.needsPerson === true, undecided }
    }
    if (truth === 'unknown') undecided.push(rule.name)
  }
  const because = `No rule holds, so it counts as ${definition.fallback}`
  return { level: definition.fallback, rule: 'fallback', because, needsPerson: true, undecided }
}

function change(definition: PlainDefinition, changes: Readonly<Record<string, object>>): PlainDefinition['levels'] {
  const levels: Record<string, AnySeverityLevel> = { ...definition.levels }
  for (const [level, values] of Object.entries(changes)) {
    if (values !== undefined) levels[level] = { ...findLevel(definition, level), ...values } as AnySeverityLevel
  }
  return levels
}

function decided(definition: PlainDefinition, decisions: Readonly<Record<string, Decision>>): Record<string, object> {
  const changes = Object.entries(decisions).map(
    ([level, decision]) => [level, underDecision(findLevel(definition, level), decision)] as const,
  )
  return Object.fromEntries(changes)
}

function underDecision(level: AnySeverityLevel, decision: Decision): object {
  if (!isAutomaticDecision(decision)) return { decision }
  const forPeople = level.allow.filter((strategy) => !isAutomaticStrategy(strategy))
  return {
    decision,
    allow: level.allow.filter(isAutomaticStrategy),
    allowAfterApproval: [...forPeople, ...(level.allowAfterApproval ?? [])],
  }
}
