import type { SealedGroup, SealedLeaf } from '../../seal/sealed-plan.ts'
import { isOneWay } from '../leaf-facts.ts'
import type { PlanGraph } from '../plan-graph.ts'
import { defineRule, type LintIssue, type LintRule } from '../rule.ts'

export const compensateBlocked: LintRule = defineRule({
  code: 'plan.compensate-blocked',
  level: 'warning',
  page: 'docs/lint/plan.compensate-blocked.md',
  reason: "onFailure 'compensate' promises to put everything back. It stops at a step that cannot be undone, and the run is blocked there.",
  check({ plan, graph }) {
    const [root] = graph.groups
    const isGoverned = (group: SealedGroup): boolean => (group === root ? plan : group).onFailure === 'compensate'
    const oneWay = oneWayIn(graph, isGoverned)
    const told = new Set<string>()
    return graph.groups
      .flatMap((group) => blockedIn(graph, group, oneWay.get(group) ?? []))
      .filter(({ message }) => !told.has(message) && told.add(message))
  },
})

/** The leaves that cannot be undone, as numbers among all leaves, by each governed group around them. */
function oneWayIn(graph: PlanGraph, isGoverned: (group: SealedGroup) => boolean): ReadonlyMap<SealedGroup, readonly number[]> {
  const found = new Map<SealedGroup, number[]>()
  for (const [number, leaf] of graph.leaves.entries()) {
    if (!isOneWay(leaf)) continue
    for (const group of graph.ancestors(leaf).filter(isGoverned)) {
      const numbers = found.get(group) ?? []
      numbers.push(number)
      found.set(group, numbers)
    }
  }
  return found
}

function blockedIn(graph: PlanGraph, group: SealedGroup, oneWay: readonly number[]): readonly LintIssue[] {
  if (oneWay.length === 0) return []
  const unwinds = (leaf: SealedLeaf): boolean => leaf.type !== 'notice' && reaches(graph, leaf, group)
  const followed = graph.mayBeFollowedBy(unwinds, group)
  return oneWay.flatMap((number) => {
    const leaf = graph.leaves[number] as SealedLeaf
    if (!followed.has(leaf.id)) return []
    let next = number + 1
    while (next < graph.leaves.length && !isNext(graph, leaf, graph.leaves[next] as SealedLeaf, unwinds)) next++
    return [
      {
        message: `onFailure is 'compensate', but "${leaf.id}" cannot be undone: when "${graph.leaves[next]?.id}" fails after it, the run is blocked`,
        hint: `Put "${leaf.id}" last, or use onFailure: 'halt' and decide then.`,
      },
    ]
  })
}

function isNext(graph: PlanGraph, leaf: SealedLeaf, other: SealedLeaf, unwinds: (leaf: SealedLeaf) => boolean): boolean {
  return unwinds(other) && graph.order(leaf, other) === 'before'
}

/** True when a failure of the leaf goes up to the group: a part in between that halts, or that the plan can do without, keeps it. */
function reaches(graph: PlanGraph, leaf: SealedLeaf, group: SealedGroup): boolean {
  const around = graph.ancestors(leaf)
  return (
    around.includes(group) &&
    around.slice(0, around.indexOf(group)).every(({ onFailure }) => onFailure === undefined || onFailure === 'compensate')
  )
}
