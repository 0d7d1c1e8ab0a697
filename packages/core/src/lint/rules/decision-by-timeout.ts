import { defineRule, type LintRule } from '../rule.ts'

export const decisionByTimeout: LintRule = defineRule({
  code: 'plan.decision-by-timeout',
  level: 'warning',
  page: 'docs/lint/plan.decision-by-timeout.md',
  reason: 'When nobody answers, the plan goes on as if somebody had. In an incident, no answer mostly means that nobody saw the question.',
  check({ graph }) {
    return graph.leaves.flatMap((leaf) => {
      const { gate } = leaf
      if (gate?.gate !== 'decision' || gate.onTimeout === 'escalate') return []
      return [
        {
          message: `"${leaf.id}" answers itself with "${gate.onTimeout}" when nobody has decided within ${gate.timeBox}`,
          hint: "Use onTimeout: 'escalate', so that a person is called.",
        },
      ]
    })
  },
})
