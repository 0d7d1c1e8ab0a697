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
    const [root, ...inner] = graph.groups
    if (root === undefined) return []
    const governed = [...(plan.onFailure === 'compensate' ? [root] : []), ...inner.filter((group) => group.onFailure === 'compensate')]
    const told = new Set<string>()
    return governed.flatMap((group) => blockedIn(graph, group)).filter(({ message }) => !told.has(message) && told.add(message))
  },
})

function blockedIn(graph: PlanGraph, group: SealedGroup): readonly LintIssue[] {
  const unwinds = (leaf: SealedLeaf): boolean => leaf.type !== 'notice' && reaches(graph, leaf, group)
  const followed = graph.mayBeFollowedBy(unwinds, group)
  return graph.leaves.flatMap((leaf, index) => {
    if (!isOneWay(leaf) || !followed.has(leaf.id)) return []
    let next = index + 1
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
