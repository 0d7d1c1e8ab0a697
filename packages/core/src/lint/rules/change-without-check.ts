import { isChange, isCheck, namesOf } from '../leaf-facts.ts'
import { defineRule, type LintRule } from '../rule.ts'

export const changeWithoutCheck: LintRule = defineRule({
  code: 'plan.change-without-check',
  level: 'warning',
  page: 'docs/lint/plan.change-without-check.md',
  reason: 'Each step proves its own target. Only a look at the whole after the last change shows that people can use the service again.',
  check({ graph }) {
    const checked = graph.alwaysFollowedBy(isCheck)
    const unchecked = graph.leaves.filter((leaf) => isChange(leaf) && !checked.has(leaf.id))
    if (unchecked.length === 0) return []
    return [
      {
        message: `Nothing looks at the result after ${namesOf(unchecked)}`,
        hint: "End with observe({ checks, for: '15m', deadline: '30m' }) over what people use.",
      },
    ]
  },
})
