import { RollbackError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { Finding } from '../contract/preparation.ts'
import type { Preview } from '../preview/preview.ts'
import type { SealedLeaf, SealedPlan } from '../seal/sealed-plan.ts'
import { coreRules } from './core-rules.ts'
import { withAnswers } from './option-values.ts'
import { planGraph } from './plan-graph.ts'
import type { LintContext, LintRule } from './rule.ts'
import { sortFindings } from './sort-findings.ts'

export interface LintOptions {
  /** Default `coreRules`. Add those of packages: `[...coreRules, ...k8sRules]`. */
  readonly rules?: readonly LintRule[]
  /** Lets rules see exact risks, leases and the time of the preview. */
  readonly preview?: Preview
}

const ruleFailed = 'lint.rule-failed'

/**
 * Looks for known mistakes in a sealed plan. Pure and linear in the size of the plan; contacts nothing.
 *
 * A rule that throws becomes a finding `lint.rule-failed` of its own and stops no other rule. Findings are sorted: blockers first, then by
 * code and message, so that two lints of one plan are equal.
 *
 * @throws RollbackError `OPTIONS_INVALID` when two rules have one code.
 */
export function lint(plan: SealedPlan, { rules = coreRules, preview }: LintOptions = {}): readonly Finding[] {
  refuseDuplicates(rules)
  const optionsOf = new Map<SealedLeaf, Json>()
  const context: LintContext = {
    plan,
    graph: planGraph(plan),
    preview,
    options(leaf) {
      const known = optionsOf.get(leaf) ?? withAnswers(leaf.options, plan.values)
      optionsOf.set(leaf, known)
      return known
    },
  }
  return sortFindings(rules.flatMap((rule) => findingsOf(rule, context)))
}

function findingsOf(rule: LintRule, context: LintContext): readonly Finding[] {
  const { code, level, page } = rule
  try {
    return rule.check(context).map((issue) => ({ level: issue.level ?? level, code, message: issue.message, hint: issue.hint, page }))
  } catch (cause) {
    const message = `The rule ${code} failed, so its mistake was not looked for: ${cause instanceof Error ? cause.message : 'it threw no Error'}`
    return [
      {
        level: 'warning',
        code: ruleFailed,
        message,
        hint: `Report it to the authors of ${code}, or lint without this rule.`,
        page: `docs/lint/${ruleFailed}.md`,
      },
    ]
  }
}

function refuseDuplicates(rules: readonly LintRule[]): void {
  const seen = new Set<string>([ruleFailed])
  for (const { code } of rules) {
    if (seen.has(code)) {
      throw new RollbackError('OPTIONS_INVALID', `lint: two rules have the code ${code}`, {
        hint: 'Pass each rule once, and give a rule of your own another code.',
      })
    }
    seen.add(code)
  }
}
