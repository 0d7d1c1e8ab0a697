import { isGroup, type SealedGroup } from '../../seal/sealed-plan.ts'
import type { PlanGraph } from '../plan-graph.ts'
import { defineRule, type LintRule } from '../rule.ts'

const planLabel = 'plan '

export const alwaysOfNestedPlan: LintRule = defineRule({
  code: 'plan.always-of-nested-plan',
  level: 'warning',
  page: 'docs/lint/plan.always-of-nested-plan.md',
  reason: 'A run has one end. The always nodes of a nested plan wait for it too, and run even when the nested plan was never reached.',
  check({ plan, graph }) {
    const nested = graph.groups.slice(1).filter((group) => group.label?.startsWith(planLabel) === true)
    return nested.flatMap((group) => {
      const name = group.label?.slice(planLabel.length) ?? ''
      const prefix = `${pathTo(graph, group)}${name}/`
      const first = plan.always.find((node) => node.id.startsWith(prefix))
      if (first === undefined) return []
      return [
        {
          message: `The always of the nested plan "${name}" runs at the end of the whole run, not when "${name}" ends, and also when "${name}" was not reached`,
          hint: `Move ${isGroup(first) ? 'it' : `"${first.id}"`} to the always of plan "${plan.name}", or to the end of the steps of "${name}".`,
        },
      ]
    })
  },
})

/** Ids below a nested plan start with its path; its own id says where that path begins. */
function pathTo(graph: PlanGraph, group: SealedGroup): string {
  const end = group.id.lastIndexOf('/')
  return end === -1 || graph.groups[0] === group ? '' : group.id.slice(0, end + 1)
}
