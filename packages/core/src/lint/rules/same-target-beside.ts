import type { SealedLeaf } from '../../seal/sealed-plan.ts'
import { isChange } from '../leaf-facts.ts'
import type { PlanGraph } from '../plan-graph.ts'
import { defineRule, type LintIssue, type LintRule } from '../rule.ts'

export const sameTargetBeside: LintRule = defineRule({
  code: 'plan.same-target-beside',
  level: 'warning',
  page: 'docs/lint/plan.same-target-beside.md',
  reason: 'Two steps that change one object at the same time overwrite each other, and going back over one undoes the other.',
  check({ graph, preview }) {
    const leases = new Map(preview?.steps.map((step) => [step.id, step.leases]))
    const changes = graph.leaves.filter(isChange)
    const byLease = pairsBeside(graph, changes, (leaf) => leases.get(leaf.type === 'release' ? (leaf.of ?? leaf.id) : leaf.id) ?? [])
    const proven = new Set(byLease.map(([one, other]) => `${one.id}\n${other.id}`))
    const byTarget = pairsBeside(graph, changes, (leaf) => [leaf.target]).filter(([one, other]) => !proven.has(`${one.id}\n${other.id}`))
    return [
      ...byLease.map((pair) => issue(pair, 'blocker', 'write the same object')),
      ...byTarget.map((pair) => issue(pair, 'warning', 'name the same target')),
    ]
  },
})

/**
 * Neighbours, in the order of the plan, that share a key and run beside each other. When any two leaves with one key meet in a group, two
 * neighbours do.
 */
function pairsBeside(
  graph: PlanGraph,
  leaves: readonly SealedLeaf[],
  keysOf: (leaf: SealedLeaf) => readonly string[],
): readonly (readonly [SealedLeaf, SealedLeaf])[] {
  const previous = new Map<string, SealedLeaf>()
  const pairs = new Map<string, readonly [SealedLeaf, SealedLeaf]>()
  for (const leaf of leaves) {
    for (const key of keysOf(leaf)) {
      const other = previous.get(key)
      if (other !== undefined && graph.order(other, leaf) === 'beside') pairs.set(`${other.id}\n${leaf.id}`, [other, leaf])
      previous.set(key, leaf)
    }
  }
  return [...pairs.values()]
}

function issue([one, other]: readonly [SealedLeaf, SealedLeaf], level: LintIssue['level'] & string, what: string): LintIssue {
  return { level, message: `"${one.id}" and "${other.id}" run beside each other and ${what}`, hint: 'Put them into a sequence.' }
}
