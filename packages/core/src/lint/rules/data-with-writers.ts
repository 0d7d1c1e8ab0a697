import { isChangingStep } from '../leaf-facts.ts'
import { defineRule, type LintRule } from '../rule.ts'

export const dataWithWriters: LintRule = defineRule({
  code: 'plan.data-with-writers',
  level: 'warning',
  page: 'docs/lint/plan.data-with-writers.md',
  reason:
    'What is written while live data is replaced is lost or mixed with the restored data, and going back loses what was written since.',
  check({ graph }) {
    return graph.leaves
      .filter((leaf) => leaf.type === 'step' && isChangingStep(leaf) && leaf.layer === 'data')
      .filter((leaf) => !graph.scopesAround(leaf).some(({ step }) => step.stopsWriters === true))
      .map((leaf) => ({
        message: `"${leaf.id}" replaces live data while its writers run`,
        hint: `Put it inside during(scope, …) with a scope that stops the writers: scale them down, or enter maintenance.`,
      }))
  },
})
