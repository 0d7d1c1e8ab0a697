import { RollbackError } from '../contract/errors.ts'
import type { Json, Kind } from '../contract/json.ts'
import type { Finding } from '../contract/preparation.ts'
import type { Preview } from '../preview/preview.ts'
import type { SealedLeaf, SealedPlan } from '../seal/sealed-plan.ts'
import type { PlanGraph } from './plan-graph.ts'

/** What a rule looks at. Everything is plain data: a rule contacts nothing. */
export interface LintContext {
  readonly plan: SealedPlan
  readonly graph: PlanGraph
  /** There when the plan was previewed: exact risks, leases and the time of the preview. */
  readonly preview: Preview | undefined
  /** Options of a leaf with the answers of queries filled in. Values known only later stay `{output}`, secrets stay `{secret}`. */
  readonly options: (leaf: SealedLeaf) => Json
}

/** One hit of a rule. */
export interface LintIssue {
  /** What is wrong, naming the nodes by id. */
  readonly message: string
  /** What to do next, one imperative sentence. */
  readonly hint: string
  /** Only when this hit is worse or milder than the rule's own level. */
  readonly level?: Finding['level']
}

/** A mistake that can be seen in a sealed plan. */
export interface LintRule {
  /** `<package>.<mistake>`: stable, since people silence and search by it. */
  readonly code: Kind
  /** `blocker` refuses the plan: only where running it would surely do harm. */
  readonly level: Finding['level']
  /** Page with the reason, a wrong and a right plan: a path in the documentation or a URL. */
  readonly page: string
  /** Why it is a mistake, in one or two sentences. */
  readonly reason: string
  readonly check: (context: LintContext) => readonly LintIssue[]
}

const levels: readonly string[] = ['blocker', 'warning', 'info'] satisfies readonly Finding['level'][]

/**
 * Makes a lint rule. Packages export an array of theirs; `lint(plan, { rules: [...coreRules, ...k8sRules] })` merges them.
 *
 * @throws RollbackError `OPTIONS_INVALID` for a code that is not `<package>.<mistake>` in lower case, an unknown level, or a rule without page
 * or reason.
 */
export function defineRule(rule: LintRule): LintRule {
  const problem = problemOf(rule)
  if (problem === undefined) return Object.freeze({ ...rule })
  throw new RollbackError('OPTIONS_INVALID', `lint rule ${JSON.stringify(rule.code)}: ${problem[0]}`, { hint: problem[1] })
}

function problemOf({ code, level, page, reason }: LintRule): readonly [string, string] | undefined {
  if (!/^[a-z0-9][a-z0-9-]*\.[a-z0-9][a-z0-9-]*$/.test(code))
    return ['code is not <package>.<mistake>', "Use lower case letters, digits and dashes: 'k8s.undo-without-target'."]
  if (!levels.includes(level)) return [`level "${level}" is unknown`, "Use 'blocker', 'warning' or 'info'."]
  if (page.trim() === '') return ['page is empty', 'Name the page or the URL that explains the rule.']
  return reason.trim() === '' ? ['reason is empty', 'Say in one sentence why it is a mistake.'] : undefined
}
