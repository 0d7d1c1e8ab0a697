import { leavesOf, type SealedNode } from '../../seal/sealed-plan.ts'
import { isChangingStep, namesOf } from '../leaf-facts.ts'
import { defineRule, type LintRule } from '../rule.ts'

export const fallbackRepeatsItself: LintRule = defineRule({
  code: 'plan.fallback-repeats-itself',
  level: 'warning',
  page: 'docs/lint/plan.fallback-repeats-itself.md',
  reason:
    'The second alternative makes the same changes to the same targets as the first, so it fails for the same reason and only costs time.',
  check({ graph }) {
    return graph.groups
      .filter((group) => group.type === 'fallback')
      .flatMap((group) => {
        const first = new Map<string, SealedNode>()
        return group.children.flatMap((child) => {
          const changes = leavesOf(child).filter(isChangingStep)
          const same = changes.map((leaf) => leaf.hash).join(' ')
          if (changes.length === 0) return []
          if (!first.has(same)) {
            first.set(same, child)
            return []
          }
          return [
            {
              message: `A fallback tries ${namesOf(changes)} with the same target and options as an alternative before it`,
              hint: 'Give the alternative another way or another target; for another attempt set { attempts } on the step.',
            },
          ]
        })
      })
  },
})
