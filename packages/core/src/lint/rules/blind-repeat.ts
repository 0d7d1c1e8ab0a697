import { isChangingStep } from '../leaf-facts.ts'
import { defineRule, type LintIssue, type LintRule } from '../rule.ts'

export const blindRepeat: LintRule = defineRule({
  code: 'plan.blind-repeat',
  level: 'warning',
  page: 'docs/lint/plan.blind-repeat.md',
  reason:
    'A repeat of a step that is not idempotent can do its effect twice, and without a compensation nobody can take the second one back.',
  check({ graph }) {
    return graph.leaves
      .filter((leaf) => isChangingStep(leaf) && leaf.idempotency === 'none')
      .flatMap((leaf): readonly LintIssue[] => {
        if ((leaf.attempts ?? 1) > 1) {
          return [
            {
              message: `"${leaf.id}" is not idempotent, and is allowed ${leaf.attempts} attempts`,
              hint: 'Set { attempts: 1 }: after an unclear outcome a person decides.',
            },
          ]
        }
        if (leaf.canUndo || leaf.risk.includes('point-of-no-return')) return []
        return [
          {
            message: `"${leaf.id}" is neither idempotent nor can it be undone`,
            hint: 'Give the step a compensation, or a key by which its backend drops repeats.',
          },
        ]
      })
  },
})
