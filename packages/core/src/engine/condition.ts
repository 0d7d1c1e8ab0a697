import type { Json } from '../contract/json.ts'
import type { SealedCondition } from '../seal/sealed-plan.ts'

/** Three-valued: `undefined` while an output that decides is not known. */
export function holds(condition: SealedCondition | true, valueOf: (reference: string) => Json | undefined): boolean | undefined {
  if (condition === true) return true
  if ('output' in condition) {
    const value = valueOf(condition.output)
    if (value === undefined) return undefined
    return condition.test === 'is' ? value === condition.value : Array.isArray(value) && value.includes(condition.value)
  }
  if (condition.test === 'not') {
    const inner = holds(condition.of, valueOf)
    return inner === undefined ? undefined : !inner
  }
  const decisive = condition.test === 'any'
  const all = condition.of.map((inner) => holds(inner, valueOf))
  if (all.includes(decisive)) return decisive
  return all.includes(undefined) ? undefined : !decisive
}

/** The branch to take: its number, -1 when none holds, `undefined` when an earlier condition is not known. */
export function branchOf(
  conditions: readonly (SealedCondition | true)[],
  valueOf: (reference: string) => Json | undefined,
): number | undefined {
  for (const [branch, condition] of conditions.entries()) {
    const answer = holds(condition, valueOf)
    if (answer === undefined) return undefined
    if (answer) return branch
  }
  return -1
}
