import type { SealedLeaf } from '../../seal/sealed-plan.ts'
import { isChange, namesOf } from '../leaf-facts.ts'
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
    return graph.leaves
      .filter((leaf) => leaf.type === 'require' && late.has(leaf.id) && !usesEarlierResults(graph, leaf))
      .flatMap((leaf) => {
        const before = graph.leaves.filter((other) => isChange(other) && graph.order(other, leaf) === 'before')
        const asked = wordsIn(optionValues(options(leaf)).map(({ value }) => String(value)))
        const changed = wordsIn(before.map((other) => other.target.slice(other.target.indexOf(':') + 1)))
        if (before.length === 0 || asked.some((word) => changed.includes(word))) return []
        return [
          {
            message: `"${leaf.id}" is asked after ${namesOf(before, 1)} has changed something, and depends on nothing that was changed`,
            hint: 'Move it before the first change, so that it is seen in the preview and refuses before anything happened.',
          },
        ]
      })
  },
})

function usesEarlierResults(graph: PlanGraph, leaf: SealedLeaf): boolean {
  return leaf.inputs.some((input) => graph.leaf(input.slice(0, input.lastIndexOf('.'))) !== undefined)
}

/** A check that names a part of a changed target looks at the change; short words such as `eu` would match by chance. */
function wordsIn(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => text.toLowerCase().split(/[^a-z0-9_-]+/)).filter((word) => word.length > 2)
}
