import { optionError } from './option-error.ts'

/** What a fact can be: yes or no, a number, or one of some words. */
export type FactType = 'boolean' | 'number' | readonly [string, ...string[]]

/** The facts that a policy knows, by name. */
export type FactTypes = { readonly [name: string]: FactType }

/** What can be said about one fact. */
export type FactValue<T extends FactType> = T extends 'boolean'
  ? boolean
  : T extends 'number'
    ? number
    : T extends readonly string[]
      ? T[number]
      : never

/** What is known about an incident. What nobody has measured or reported is left out: it is unknown, never false. */
export type Facts<F extends FactTypes> = { readonly [K in keyof F]?: FactValue<F[K]> | undefined }

export type NamesOf<F extends FactTypes, T extends FactType> = { [K in keyof F & string]: F[K] extends T ? K : never }[keyof F & string]
export type Equality<F extends FactTypes> = {
  [K in keyof F & string]: { readonly test: 'is'; readonly fact: K; readonly value: FactValue<F[K]> }
}[keyof F & string]

/** A question about facts, as data: it is printed, compared and stored. */
export type FactCondition<F extends FactTypes> =
  | Equality<F>
  | { readonly test: 'above' | 'at-least' | 'below' | 'at-most'; readonly fact: NamesOf<F, 'number'>; readonly value: number }
  | { readonly test: 'not'; readonly of: FactCondition<F> }
  | { readonly test: 'all' | 'any'; readonly of: readonly FactCondition<F>[] }

/** `unknown`: a fact that would decide it is not there. */
export type Truth = 'yes' | 'no' | 'unknown'

type PlainCondition =
  | { readonly test: 'is'; readonly fact: string; readonly value: string | number | boolean }
  | { readonly test: 'above' | 'at-least' | 'below' | 'at-most'; readonly fact: string; readonly value: number }
  | { readonly test: 'not'; readonly of: PlainCondition }
  | { readonly test: 'all' | 'any'; readonly of: readonly PlainCondition[] }

/**
 * Whether a condition holds, in the three-valued logic of SQL: `all` is `no` as soon as one part is, `any` is `yes` as soon as one part
 * is, and a missing fact or a number that is none (`NaN`) is `unknown`.
 */
export function judgeCondition<F extends FactTypes>(condition: FactCondition<F>, facts: Facts<F>): Truth {
  return judge(condition as PlainCondition, facts as Readonly<Record<string, unknown>>)
}

function judge(condition: PlainCondition, facts: Readonly<Record<string, unknown>>): Truth {
  switch (condition.test) {
    case 'all':
      return combine(condition.of, facts, 'no', 'yes')
    case 'any':
      return combine(condition.of, facts, 'yes', 'no')
    case 'not': {
      const inner = judge(condition.of, facts)
      return inner === 'unknown' ? inner : inner === 'yes' ? 'no' : 'yes'
    }
    case 'is':
    case 'above':
    case 'at-least':
    case 'below':
    case 'at-most':
      return compare(condition.test, facts[condition.fact], condition.value)
  }
}

function combine(parts: readonly PlainCondition[], facts: Readonly<Record<string, unknown>>, decisive: Truth, otherwise: Truth): Truth {
  const truths = parts.map((part) => judge(part, facts))
  if (truths.includes(decisive)) return decisive
  return truths.includes('unknown') ? 'unknown' : otherwise
}

type Comparison = 'is' | 'above' | 'at-least' | 'below' | 'at-most'

function compare(test: Comparison, known: unknown, value: string | number | boolean): Truth {
  if (known === undefined || known === null || Number.isNaN(known)) return 'unknown'
  if (test === 'is') return known === value ? 'yes' : 'no'
  if (typeof known !== 'number' || typeof value !== 'number') return 'unknown'
  const holds = { above: known > value, 'at-least': known >= value, below: known < value, 'at-most': known <= value }[test]
  return holds ? 'yes' : 'no'
}

/** A condition in words: `errorRate is above 0.1 or impact is all-down`. */
export function describeCondition<F extends FactTypes>(condition: FactCondition<F>): string {
  return describe(condition as PlainCondition, false)
}

function describe(condition: PlainCondition, isInner: boolean): string {
  if (condition.test === 'not') return `not (${describe(condition.of, false)})`
  if ('of' in condition) {
    const text = condition.of.map((part) => describe(part, true)).join(condition.test === 'all' ? ' and ' : ' or ')
    return isInner && condition.of.length > 1 ? `(${text})` : text
  }
  const words = { is: 'is', above: 'is above', 'at-least': 'is at least', below: 'is below', 'at-most': 'is at most' }[condition.test]
  return `${condition.fact} ${words} ${String(condition.value)}`
}

/**
 * Checks a condition against the facts that exist.
 *
 * @throws RollbackError `OPTIONS_INVALID`, naming the place, for an unknown fact, a value that the fact cannot have, or an empty list.
 */
export function checkCondition<F extends FactTypes>(where: string, condition: FactCondition<F>, facts: F): void {
  check(where, condition as PlainCondition, facts)
}

function check(where: string, condition: PlainCondition, facts: FactTypes): void {
  if (condition.test === 'not') return check(where, condition.of, facts)
  if ('of' in condition) {
    if (condition.of.length === 0)
      throw optionError(`${where}: "${condition.test}" of nothing decides nothing`, 'Name at least one condition.')
    for (const part of condition.of) check(where, part, facts)
    return
  }
  const type = facts[condition.fact]
  if (type === undefined)
    throw optionError(`${where}: there is no fact "${condition.fact}"`, `Use one of ${Object.keys(facts).join(', ')}.`)
  if (!isPossible(type, condition)) {
    const words = typeof type === 'string' ? `a ${type}` : `one of ${type.join(', ')}`
    throw optionError(
      `${where}: ${condition.fact} ${condition.test} ${String(condition.value)} can never be told`,
      `${condition.fact} is ${words}.`,
    )
  }
}

function isPossible(type: FactType, condition: { readonly test: Comparison; readonly value: string | number | boolean }): boolean {
  if (type === 'number') return typeof condition.value === 'number' && !Number.isNaN(condition.value)
  if (condition.test !== 'is') return false
  return type === 'boolean' ? typeof condition.value === 'boolean' : type.includes(String(condition.value))
}
