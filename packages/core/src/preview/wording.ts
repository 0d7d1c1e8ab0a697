import type { SealedChoose, SealedCondition } from '../seal/sealed-plan.ts'

/** One thing to tell, with what belongs to it. Texts may come from anywhere: every renderer escapes them in its own way. */
export interface Entry {
  readonly text: string
  readonly details?: readonly string[]
  readonly weight?: 'bad' | 'careful' | 'good'
}

/** Part of a preview under one heading. */
export interface Section {
  readonly title: string
  readonly entries: readonly Entry[]
}

/** `1 step`, `3 steps`. */
export function count(amount: number, one: string, several = `${one}s`): string {
  return `${grouped(amount)} ${amount === 1 ? one : several}`
}

/** `1,000,000`. */
export function grouped(amount: number): string {
  return String(amount).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[], word = 'and'): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`
}

/** At most so many names; the rest is counted. */
export function listedUpTo(most: number, names: readonly string[]): string {
  return names.length <= most ? listed(names) : `${names.slice(0, most).join(', ')} and ${names.length - most} more`
}

/** A moment for people: `2026-11-22 04:30:00 UTC`. Anything that is no RFC 3339 time is given back as it is. */
export function momentText(instant: string): string {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?Z$/.exec(instant) ?? []
  return day === undefined ? instant : `${day} ${time} UTC`
}

/** A condition as a sentence: `gate what to do.answer is "rollback"`. */
export function conditionText(condition: SealedCondition): string {
  switch (condition.test) {
    case 'is':
      return `${condition.output} is ${JSON.stringify(condition.value)}`
    case 'includes':
      return `${condition.output} has ${JSON.stringify(condition.value)}`
    case 'not':
      return `not (${conditionText(condition.of)})`
    case 'all':
    case 'any':
      return condition.of
        .map((inner) => (inner.test === 'all' || inner.test === 'any' ? `(${conditionText(inner)})` : conditionText(inner)))
        .join(condition.test === 'all' ? ' and ' : ' or ')
  }
}

/** When a branch is taken: `if db.state@orders.differs is true`, `otherwise`. */
export function branchText({ conditions }: SealedChoose, index: number): string {
  const condition = conditions[index] ?? true
  return condition === true ? 'otherwise' : `if ${conditionText(condition)}`
}
