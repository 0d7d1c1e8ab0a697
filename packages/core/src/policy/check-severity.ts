import type { Duration } from '../contract/json.ts'
import { checkApprovalPolicy } from './check-approval-policy.ts'
import { decisions, isAutomaticDecision, isAutomaticStrategy, strategies } from './decision.ts'
import { checkCondition, type FactTypes } from './facts.ts'
import { durationOf, firstRepeat, optionError, positiveDurationOf } from './option-error.ts'
import type { AnySeverityLevel, ClassificationRule } from './severity-level.ts'

type Levels = Readonly<Record<string, AnySeverityLevel>>

/** Every level of the order has an entry, and no entry stands outside of it. Throws `OPTIONS_INVALID`. */
export function checkOrder(policy: string, order: readonly string[], levels: Levels, fallback: string): void {
  const where = `severity policy ${policy}`
  if (order.length === 0) throw optionError(`${where}: order is empty`, 'Name the levels, the most severe first.')
  const repeat = firstRepeat(order)
  if (repeat !== undefined) throw optionError(`${where}: order names ${repeat} twice`, 'Name each level once.')
  const missing = order.find((level) => !Object.hasOwn(levels, level))
  if (missing !== undefined)
    throw optionError(`${where}: order names ${missing}, levels does not have it`, `Add levels.${missing}, or take it out of order.`)
  const extra = Object.keys(levels).find((level) => !order.includes(level))
  if (extra !== undefined)
    throw optionError(
      `${where}: levels has ${extra}, order does not name it`,
      `Add ${extra} to order at its place, or take it out of levels.`,
    )
  if (!order.includes(fallback)) throw optionError(`${where}: the fallback "${fallback}" is no level`, `Use one of ${order.join(', ')}.`)
}

/** The values of each level make sense together. Throws `OPTIONS_INVALID`. */
export function checkLevels(policy: string, order: readonly string[], levels: Levels): void {
  for (const name of order) {
    const level = levels[name]
    if (level === undefined) continue
    const where = `severity policy ${policy}, ${name}`
    checkFields(where, level)
    checkStrategies(where, level)
    checkTimes(where, level)
    checkApprovalPolicy(`${where}.approvals`, level.approvals)
    checkPromotion(where, name, order, level)
  }
}

const fields: ReadonlySet<string> = new Set(
  'meaning respondWithin decision allow allowAfterApproval prefer approvals escalate page updateEvery statusPage statusPageImpact maintenance promote'.split(
    ' ',
  ),
)

function checkFields(where: string, level: AnySeverityLevel): void {
  const unknown = Object.keys(level).find((field) => !fields.has(field))
  if (unknown !== undefined) throw optionError(`${where}: there is no field "${unknown}"`, `A level has: ${[...fields].join(', ')}.`)
  if (!decisions.includes(level.decision))
    throw optionError(`${where}: the decision "${String(level.decision)}" does not exist`, `Use one of ${decisions.join(', ')}.`)
}

function checkStrategies(where: string, level: AnySeverityLevel): void {
  const afterApproval = level.allowAfterApproval ?? []
  const allowed = [...level.allow, ...afterApproval]
  const unknown = [...allowed, ...(level.prefer ?? [])].find((strategy) => !strategies.includes(strategy))
  if (unknown !== undefined) throw optionError(`${where}: there is no strategy "${unknown}"`, `Use one of ${strategies.join(', ')}.`)
  const repeat = firstRepeat(allowed)
  if (repeat !== undefined) throw optionError(`${where}: ${repeat} is allowed twice`, 'Name it once, in allow or in allowAfterApproval.')
  const forPeople = isAutomaticDecision(level.decision) ? level.allow.find((strategy) => !isAutomaticStrategy(strategy)) : undefined
  if (forPeople !== undefined) {
    throw optionError(
      `${where}: ${forPeople} cannot stand under the decision "${level.decision}"`,
      `Move ${forPeople} to allowAfterApproval, or use the decision 'confirm'.`,
    )
  }
  const forbidden = level.prefer?.find((strategy) => !allowed.includes(strategy))
  if (forbidden !== undefined)
    throw optionError(`${where}: it prefers ${forbidden} and does not allow it`, `Add ${forbidden} to allow or allowAfterApproval.`)
}

function checkTimes(where: string, level: AnySeverityLevel): void {
  positiveDurationOf(`${where}.respondWithin`, level.respondWithin)
  if (level.updateEvery !== undefined) positiveDurationOf(`${where}.updateEvery`, level.updateEvery)
  const escalations = level.escalate ?? []
  for (const { to, after } of escalations) durationOf(`${where}.escalate ${to}`, after)
  const repeat = firstRepeat(escalations.map(({ to, after }) => escalationId(to, after)))
  if (repeat !== undefined) throw optionError(`${where}.escalate: ${repeat} stands there twice`, 'Name each role once per time.')
}

/** Names one escalation: `tech-lead@15m`. */
export function escalationId(to: string, after: Duration): string {
  return `${to}@${after}`
}

function checkPromotion(where: string, name: string, order: readonly string[], level: AnySeverityLevel): void {
  if (level.promote === undefined) return
  const { to, after } = level.promote
  positiveDurationOf(`${where}.promote.after`, after)
  if (!order.includes(to)) throw optionError(`${where}.promote: "${to}" is no level`, `Use one of ${order.join(', ')}.`)
  if (order.indexOf(to) >= order.indexOf(name))
    throw optionError(
      `${where}.promote: ${to} is not above ${name}`,
      'Promote to a level that stands earlier in order, or leave promote out.',
    )
}

/** Each rule has its own name, a level that exists, and a condition that can be told. Throws `OPTIONS_INVALID`. */
export function checkRules(
  policy: string,
  order: readonly string[],
  facts: FactTypes,
  rules: readonly ClassificationRule<string, FactTypes>[],
): void {
  const where = `severity policy ${policy}`
  const repeat = firstRepeat(rules.map((rule) => rule.name))
  if (repeat !== undefined) throw optionError(`${where}: two rules are called "${repeat}"`, 'Give each rule its own name: reports cite it.')
  for (const rule of rules) {
    if (!order.includes(rule.level))
      throw optionError(`${where}, rule ${rule.name}: "${rule.level}" is no level`, `Use one of ${order.join(', ')}.`)
    checkCondition(`${where}, rule ${rule.name}`, rule.when, facts)
  }
}
