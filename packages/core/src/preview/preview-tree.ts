import { holds } from '../engine/condition.ts'
import { isGroup, type SealedChoose, type SealedGroup, type SealedLeaf, type SealedNode, type SealedPlan } from '../seal/sealed-plan.ts'

/** `open`: known only when the plan gets there. */
export type BranchState = 'taken' | 'not-taken' | 'open'

/** What the sealed answers say about each branch of a choice. */
export function branchStates(choose: SealedChoose, values: SealedPlan['values']): readonly BranchState[] {
  let before: BranchState = 'not-taken'
  return choose.conditions.map((condition) => {
    if (before === 'taken') return 'not-taken'
    const answer = holds(condition, (reference) => valueIn(values, reference))
    if (answer === false) return 'not-taken'
    const state = answer === true && before === 'not-taken' ? 'taken' : 'open'
    // Behind an open branch even a condition that holds is only reached if that branch was not taken.
    before = answer === true ? 'taken' : 'open'
    return state
  })
}

function valueIn(values: SealedPlan['values'], reference: string): ReturnType<Parameters<typeof holds>[1]> {
  const dot = reference.lastIndexOf('.')
  return values[reference.slice(0, dot)]?.[reference.slice(dot + 1)]
}

/** Folds the plan from its leaves upwards. Branches that the sealed answers rule out are left out. */
export function foldPlan<T>(plan: SealedPlan, leaf: (leaf: SealedLeaf) => T, group: (group: SealedGroup, children: readonly T[]) => T): T {
  const fold = (node: SealedNode): T => (isGroup(node) ? group(node, livingChildren(node, plan.values).map(fold)) : leaf(node))
  return fold(plan.tree)
}

/** Children that may run. */
export function livingChildren(group: SealedGroup, values: SealedPlan['values']): readonly SealedNode[] {
  if (group.type !== 'choose') return group.children
  const states = branchStates(group, values)
  return group.children.filter((_, index) => states[index] !== 'not-taken')
}

/** Leaves that may run, in the order of the plan. */
export function livingLeaves(plan: SealedPlan): readonly SealedLeaf[] {
  return foldPlan<readonly SealedLeaf[]>(
    plan,
    (leaf) => [leaf],
    (_, children) => children.flat(),
  )
}
