import { defineRule, type LintRule } from '../rule.ts'

export const noReturnInsideScope: LintRule = defineRule({
  code: 'plan.no-return-inside-scope',
  level: 'warning',
  page: 'docs/lint/plan.no-return-inside-scope.md',
  reason:
    'When something fails behind it, the plan can neither go back nor leave the scope: the service stays in maintenance until a person decides.',
  check({ graph }) {
    return graph.leaves
      .filter((leaf) => leaf.type === 'step' && leaf.risk.includes('point-of-no-return'))
      .flatMap((leaf) =>
        graph
          .scopesAround(leaf)
          .slice(0, 1)
          .map(({ step }) => ({ leaf, step })),
      )
      .map(({ leaf, step }) => ({
        message: `"${leaf.id}" is a point of no return inside the scope of "${step.id}"`,
        hint: `Do it after the scope is left, or in a later plan of its own.`,
      }))
  },
})
