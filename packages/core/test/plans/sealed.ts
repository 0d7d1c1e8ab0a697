import { allLeaves, type Plan, plan, type PlanNode, type Risk, seal, type Sealed, sequence } from '@backstep/core'
import { expect } from 'vitest'
import { failureOf } from '../define/failure-of.ts'

/** Seals a plan whose queries need no context. */
export function sealPlan(made: Plan<Risk>, options: Omit<Parameters<typeof seal>[1], 'context'> = {}): Promise<Sealed> {
  return seal(made, { ...options, context: {} as never })
}

/** A plan of these nodes, one after another. */
export function planOf(...nodes: readonly PlanNode<Risk>[]): Plan<Risk> {
  return plan({ name: 'x', steps: sequence(...nodes) })
}

/** The problems of a plan that cannot be sealed. */
export async function problemsOf(...nodes: readonly PlanNode<Risk>[]): Promise<readonly string[]> {
  const failure = await failureOf(() => sealPlan(planOf(...nodes)))
  expect(failure).toMatchObject({ code: 'PLAN_INVALID', effect: 'none', hint: 'Correct the plan; nothing was changed.' })
  expect(failure.message).toMatch(/^plan x: /)
  return failure.message.slice('plan x: '.length).split('; ')
}

/** What the leaves of a plan that can be sealed use of each other. */
export async function inputsOf(...nodes: readonly PlanNode<Risk>[]): Promise<readonly string[]> {
  return allLeaves((await sealPlan(planOf(...nodes))).plan).flatMap(({ inputs }) => inputs)
}
