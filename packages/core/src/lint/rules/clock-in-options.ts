import { optionValues } from '../option-values.ts'
import { defineRule, type LintRule } from '../rule.ts'

const hourMs = 3_600_000
const exactInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\d*Z$/

export const clockInOptions: LintRule = defineRule({
  code: 'plan.clock-in-options',
  level: 'warning',
  page: 'docs/lint/plan.clock-in-options.md',
  reason: 'A resume builds the plan again and compares hashes. A plan that reads the clock is another plan then, and cannot be resumed.',
  check({ plan, graph, preview }) {
    const madeAt = preview === undefined ? Number.NaN : Date.parse(preview.at)
    if (Number.isNaN(madeAt)) return []
    const given = new Set(plan.template === undefined ? [] : optionValues(plan.template.input).map(({ value }) => value))
    return graph.leaves.flatMap((leaf) =>
      optionValues(leaf.options)
        .filter(({ value }) => !given.has(value) && isJustNow(value, madeAt))
        .map(({ path, value }) => ({
          message: `"${leaf.id}" holds ${JSON.stringify(value)} (${path}), a time to the millisecond from right before this preview`,
          hint: 'Pass times in through the input of a planTemplate, or ask for them with a query.',
        })),
    )
  },
})

/** People write whole seconds; only a clock gives milliseconds of the hour in which the preview was made. */
function isJustNow(value: string | number | boolean, madeAt: number): boolean {
  const at = typeof value === 'number' ? value : typeof value === 'string' && exactInstant.test(value) ? Date.parse(value) : Number.NaN
  return at % 1000 !== 0 && at <= madeAt + 1000 && at > madeAt - hourMs
}
