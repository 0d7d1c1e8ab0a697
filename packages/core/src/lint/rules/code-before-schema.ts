import { isChangingStep } from '../leaf-facts.ts'
import { defineRule, type LintRule } from '../rule.ts'

export const codeBeforeSchema: LintRule = defineRule({
  code: 'plan.code-before-schema',
  level: 'warning',
  page: 'docs/lint/plan.code-before-schema.md',
  reason:
    'The old code meets a schema that it does not know, and the migration scripts of the newer schema are often part of the code that was just removed.',
  check({ graph }) {
    const code = graph.leaves.filter((leaf) => isChangingStep(leaf) && leaf.layer === 'code')
    const after = graph.mayFollow((leaf) => isChangingStep(leaf) && leaf.layer === 'code')
    return graph.leaves
      .filter((leaf) => isChangingStep(leaf) && leaf.layer === 'schema' && after.has(leaf.id))
      .flatMap((schema) => {
        const first = code.find((leaf) => graph.order(leaf, schema) === 'before')
        if (first === undefined) return []
        return [
          {
            message: `"${first.id}" brings the old code back before "${schema.id}" brings the old schema back`,
            hint: `Put "${schema.id}" first, with the writers stopped.`,
          },
        ]
      })
  },
})
