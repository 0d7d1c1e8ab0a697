import { isGroup, type SealedGroup, type SealedLeaf, type SealedNode } from '../seal/sealed-plan.ts'

/** What is followed along every way through a plan. */
export interface Flow<State> {
  readonly direction: 'forward' | 'backward'
  /** At the beginning of the plan, or at its end when going backward. */
  readonly start: State
  /** After a leaf. */
  readonly pass: (leaf: SealedLeaf, before: State) => State
  /** After children that run beside each other: the states at their ends. */
  readonly beside: (ends: readonly State[]) => State
  /** After alternatives of which one is taken: the states at their ends. */
  readonly either: (ends: readonly State[]) => State
}

/** The state at which each leaf is reached. One pass over the plan. */
export function flow<State>(root: SealedNode, { direction, start, pass, beside, either }: Flow<State>): ReadonlyMap<string, State> {
  const reached = new Map<string, State>()
  const visit = (node: SealedNode, before: State): State => {
    if (!isGroup(node)) {
      reached.set(node.id, before)
      return pass(node, before)
    }
    const after = visitGroup(node, before)
    return node.onFailure === 'go-on' ? either([after, before]) : after
  }
  const visitGroup = (group: SealedGroup, before: State): State => {
    if (group.children.length === 0) return before
    if (group.type === 'sequence') {
      const children = direction === 'forward' ? group.children : group.children.toReversed()
      return children.reduce((state, child) => visit(child, state), before)
    }
    const ends = group.children.map((child) => visit(child, before))
    if (group.type === 'together') return beside(ends)
    return either(isExhaustive(group) ? ends : [...ends, before])
  }
  visit(root, start)
  return reached
}

/** True for a group whose children may be left out or put back while the plan goes on. */
export function isConditional(group: SealedGroup): boolean {
  if (group.onFailure === 'go-on') return true
  return group.type === 'choose'
    ? !(group.children.length === 1 && group.conditions[0] === true)
    : group.type === 'fallback' && group.children.length > 1
}

/** True when one of the children is certainly taken: there is an else branch, or one branch per value of one output, as `route` makes it. */
export function isExhaustive(group: SealedGroup): boolean {
  if (group.type !== 'choose' || group.conditions.includes(true)) return true
  const outputs = new Set(
    group.conditions.map((condition) => (condition !== true && condition.test === 'is' ? condition.output : undefined)),
  )
  return group.conditions.length > 1 && outputs.size === 1 && !outputs.has(undefined)
}
