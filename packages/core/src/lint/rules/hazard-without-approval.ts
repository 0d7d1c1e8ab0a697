import { isHazardous } from '../../contract/risk.ts'
import { isApproval } from '../leaf-facts.ts'
import { defineRule, type LintRule } from '../rule.ts'

export const hazardWithoutApproval: LintRule = defineRule({
  code: 'plan.hazard-without-approval',
  level: 'warning',
  page: 'docs/lint/plan.hazard-without-approval.md',
  reason:
    'The run stops at a step that can lose data until somebody accepts it. Without a gate the plan does not say who that is, or how many.',
  check({ graph }) {
    const approved = graph.reachedOnlyAfter(isApproval)
    return graph.leaves
      .filter((leaf) => leaf.type === 'step' && isHazardous(leaf.risk) && !approved.has(leaf.id))
      .map((leaf) => ({
        message: `"${leaf.id}" can ${leaf.risk.includes('point-of-no-return') ? 'not be undone' : 'lose data'}, and no approval gate stands before it on every way`,
        hint: `Put gate.approval({ name, roles, quorum }) before "${leaf.id}".`,
      }))
  },
})
