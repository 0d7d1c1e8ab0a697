import type { Plan } from '../../src/contract/nodes.ts'
import type { Finding } from '../../src/contract/preparation.ts'
import type { Risk } from '../../src/contract/risk.ts'
import type { PlanNode } from '../../src/contract/step.ts'
import { lint } from '../../src/lint/lint.ts'
import type { LintRule } from '../../src/lint/rule.ts'
import { sequence } from '../../src/plan/combinators.ts'
import { plan } from '../../src/plan/plan.ts'
import { sealed } from './stub-steps.ts'

/** What one rule finds in a plan. */
export async function findingsOf(rule: LintRule, made: Plan<Risk>): Promise<readonly Finding[]> {
  return lint(await sealed(made), { rules: [rule] })
}

/** The messages of one rule about a plan of these nodes. */
export async function messagesOf<R extends Risk>(rule: LintRule, ...nodes: readonly PlanNode<R>[]): Promise<readonly string[]> {
  return (await findingsOf(rule, planOf(...nodes))).map(({ message }) => message)
}

export function planOf<R extends Risk>(...nodes: readonly PlanNode<R>[]): Plan<R> {
  return plan({ name: 'shop', steps: sequence(...nodes) })
}
