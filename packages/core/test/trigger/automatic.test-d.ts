import { describe, expectTypeOf, it } from 'vitest'
import type { Check, Plan } from '../../src/contract/nodes.ts'
import type { AutomaticRisk } from '../../src/contract/risk.ts'
import type { PlanNode, RollbackStep } from '../../src/contract/step.ts'
import { fallback, forEach, optional, sequence, together } from '../../src/plan/combinators.ts'
import { plan } from '../../src/plan/plan.ts'
import { automatic, type AutomaticDefinition, type AutomaticTrigger, type Signal } from '../../src/trigger/automatic.ts'

declare const safe: RollbackStep<{ readonly revision: number }, 'reversible'>
declare const lossy: RollbackStep<{ readonly host: string }, 'data-loss'>
declare const cut: RollbackStep<{ readonly ok: boolean }, 'data-loss' | 'point-of-no-return'>
declare const read: PlanNode<'none'>
declare const check: Check
declare const signal: Signal

const base = { name: 'x', target: 'prod/shop', any: [signal], knownGood: check, cooldown: '1h', maxPerDay: 2 } as const

describe('an automatic trigger takes only a plan that can go back', () => {
  it('takes no risk and reversible risk', () => {
    expectTypeOf(
      automatic({ ...base, run: plan({ name: 'ok', steps: sequence(read, safe, together(safe, read)) }) }),
    ).toEqualTypeOf<AutomaticTrigger>()
    automatic({ ...base, run: plan({ name: 'ok', steps: read }) })
  })

  it('does not compile with data loss or a point of no return, however it is composed', () => {
    // @ts-expect-error Type '"data-loss"' is not assignable to type 'AutomaticRisk'.
    automatic({ ...base, run: plan({ name: 'x', steps: lossy }) })
    // @ts-expect-error Type '"data-loss"' is not assignable to type 'AutomaticRisk'.
    automatic({ ...base, run: plan({ name: 'x', steps: sequence(read, fallback(safe, sequence(safe, cut))) }) })
    // @ts-expect-error Type '"data-loss"' is not assignable to type 'AutomaticRisk'.
    automatic({ ...base, run: plan({ name: 'outer', steps: sequence(safe, plan({ name: 'inner', steps: lossy })) }) })
    // @ts-expect-error Type '"data-loss"' is not assignable to type 'AutomaticRisk'.
    automatic({ ...base, run: plan({ name: 'x', steps: forEach(['a'], () => lossy) }) })
    // @ts-expect-error Type '"data-loss"' is not assignable to type 'AutomaticRisk'.
    automatic({ ...base, run: plan({ name: 'x', steps: optional(lossy) }) })
    // @ts-expect-error Type '"data-loss"' is not assignable to type 'AutomaticRisk'.
    automatic({ ...base, run: plan({ name: 'x', onFailure: 'compensate', steps: lossy }) })
    // @ts-expect-error Type '"point-of-no-return"' is not assignable to type 'AutomaticRisk'.
    automatic({ ...base, run: {} as Plan<'point-of-no-return'> })
  })

  it('takes a plan whose risk was widened for the worst', () => {
    // @ts-expect-error Type 'Risk' is not assignable to type 'AutomaticRisk'.
    automatic({ ...base, run: plan({ name: 'x', steps: safe }) as Plan })
    expectTypeOf<Plan>().not.toExtend<Plan<AutomaticRisk>>()
  })

  it('does not take a step or a composition that is no plan', () => {
    // @ts-expect-error a step has no name
    automatic({ ...base, run: safe })
    // @ts-expect-error a sequence has no name
    automatic({ ...base, run: sequence(safe) })
  })
})

describe('a trigger is complete', () => {
  const run = {} as Plan<'reversible'>
  const { any, ...rest } = base

  it('names its signals once', () => {
    expectTypeOf({ ...rest, run, any }).toExtend<AutomaticDefinition>()
    expectTypeOf({ ...rest, run, all: any }).toExtend<AutomaticDefinition>()
    expectTypeOf({ ...rest, run, atLeast: 2, of: any }).toExtend<AutomaticDefinition>()
    // @ts-expect-error no signals
    automatic({ ...rest, run })
    // @ts-expect-error any and all
    automatic({ ...rest, run, any: [signal], all: [signal] })
    // @ts-expect-error atLeast without of
    automatic({ ...rest, run, atLeast: 2 })
  })

  it('has a known-good check, a target, a cooldown and a budget', () => {
    const whole = { ...base, run }
    expectTypeOf<typeof whole>().toExtend<AutomaticDefinition>()
    expectTypeOf<Omit<typeof whole, 'knownGood'>>().not.toExtend<AutomaticDefinition>()
    expectTypeOf<Omit<typeof whole, 'target'>>().not.toExtend<AutomaticDefinition>()
    expectTypeOf<Omit<typeof whole, 'cooldown'>>().not.toExtend<AutomaticDefinition>()
    expectTypeOf<Omit<typeof whole, 'maxPerDay'>>().not.toExtend<AutomaticDefinition>()
    // @ts-expect-error a duration has a unit
    automatic({ ...base, run, cooldown: '15' })
  })
})
