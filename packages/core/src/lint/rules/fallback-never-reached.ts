import { leavesOf } from '../../seal/sealed-plan.ts'
import { isOneWay } from '../leaf-facts.ts'
import { defineRule, type LintRule } from '../rule.ts'

export const fallbackNeverReached: LintRule = defineRule({
  code: 'plan.fallback-never-reached',
  level: 'warning',
  page: 'docs/lint/plan.fallback-never-reached.md',
  reason:
    'The next alternative starts only after the failed one is proven undone. What cannot be undone keeps the others from ever starting.',
  check({ graph }) {
    return graph.groups
      .filter((group) => group.type === 'fallback')
      .flatMap((group) => group.children.slice(0, -1).flatMap((child) => leavesOf(child).filter(isOneWay).slice(0, 1)))
      .map((leaf) => ({
        message: `"${leaf.id}" cannot be undone, so the alternatives after it never start once it ran`,
        hint: `Make "${leaf.id}" the last alternative.`,
      }))
  },
})
