import { isChangingStep } from '../leaf-facts.ts'
import { lookedAt } from '../looked-at.ts'
import { defineRule, type LintRule } from '../rule.ts'

export const trafficBeforeCheck: LintRule = defineRule({
  code: 'plan.traffic-before-check',
  level: 'warning',
  page: 'docs/lint/plan.traffic-before-check.md',
  reason: 'People reach the target in the same moment. If it is not ready, the switch is the outage.',
  check({ plan, graph }) {
    const seen = lookedAt(plan.tree)
    const scopes = new Set(graph.scopes.map(({ step }) => step))
    return graph.leaves
      .filter((leaf) => leaf.layer === 'traffic' && isChangingStep(leaf) && !scopes.has(leaf) && seen.get(leaf.id) !== 'seen')
      .map((leaf) => ({
        message: `"${leaf.id}" sends people to a target that nothing has looked at since the last change`,
        hint: `Put require(…) or observe(…) on the target right before "${leaf.id}".`,
      }))
  },
})
