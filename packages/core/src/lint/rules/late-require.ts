import type { SealedLeaf } from '../../seal/sealed-plan.ts'
import { isChange } from '../leaf-facts.ts'
import { optionValues } from '../option-values.ts'
import type { PlanGraph } from '../plan-graph.ts'
import { defineRule, type LintRule } from '../rule.ts'

export const lateRequire: LintRule = defineRule({
  code: 'plan.late-require',
  level: 'warning',
  page: 'docs/lint/plan.late-require.md',
  reason: 'A precondition that fails after the first change stops the plan half way, and a preview cannot ask it yet.',
  check({ graph, options }) {
    const late = graph.mayFollow(isChange)
    const changes = graph.leaves.filter(isChange)
    const changedBy = changesByWord(changes)
    return graph.leaves
      .filter((leaf) => leaf.type === 'require' && late.has(leaf.id) && !usesEarlierResults(graph, leaf))
      .flatMap((leaf) => {
        const isBefore = (other: SealedLeaf): boolean => graph.order(other, leaf) === 'before'
        const first = changes.find(isBefore)
        const asked = optionValues(options(leaf)).flatMap(({ value }) => wordsIn(String(value)))
        if (first === undefined || asked.some((word) => changedBy.get(word)?.some(isBefore) === true)) return []
        return [
          {
            message: `"${leaf.id}" is asked after "${first.id}" has changed something, and depends on nothing that was changed`,
            hint: 'Move it before the first change, so that it is seen in the preview and refuses before anything happened.',
          },
        ]
      })
  },
})

function usesEarlierResults(graph: PlanGraph, leaf: SealedLeaf): boolean {
  return leaf.inputs.some((input) => graph.leaf(input.slice(0, input.lastIndexOf('.'))) !== undefined)
}

function changesByWord(changes: readonly SealedLeaf[]): ReadonlyMap<string, readonly SealedLeaf[]> {
  const found = new Map<string, SealedLeaf[]>()
  for (const leaf of changes) {
    for (const word of wordsIn(leaf.target.slice(leaf.target.indexOf(':') + 1))) {
      const leaves = found.get(word) ?? []
      leaves.push(leaf)
      found.set(word, leaves)
    }
  }
  return found
}

/** A check that names a part of a changed target looks at the change; short words such as `eu` would match by chance. */
function wordsIn(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[^a-z0-9_-]+/)
    .filter((word) => word.length > 2)
}
