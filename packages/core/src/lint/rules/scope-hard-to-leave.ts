import { namesOf } from '../leaf-facts.ts'
import { defineRule, type LintIssue, type LintRule } from '../rule.ts'

export const scopeHardToLeave: LintRule = defineRule({
  code: 'plan.scope-hard-to-leave',
  level: 'warning',
  page: 'docs/lint/plan.scope-hard-to-leave.md',
  reason:
    'A scope is left by undoing its step. That must work, and it must not overwrite what somebody else did while the plan waited inside.',
  check({ graph }) {
    return graph.scopes.flatMap(({ step, body }): readonly LintIssue[] => {
      if (!step.canUndo || step.risk.includes('point-of-no-return')) {
        return [
          {
            level: 'blocker',
            message: `The scope of "${step.id}" can never be left: the step cannot be undone`,
            hint: 'Use a scope step that has a compensation.',
          },
        ]
      }
      const waits = body.filter((leaf) => leaf.type === 'gate')
      if (step.fencing !== 'lease-only' || waits.length === 0) return []
      return [
        {
          message: `The plan waits for people (${namesOf(waits)}) inside the scope of "${step.id}", which only a lease protects`,
          hint: `Ask before the scope is entered: the service is not down while people think, and nobody else changes it meanwhile.`,
        },
      ]
    })
  },
})
