import {
  during,
  fallback,
  named,
  notice,
  onFailure,
  optional,
  plan,
  sequence,
  together,
  type Plan,
  type PlanNode,
  type Risk,
} from '@backstep/core'
import { noOp, noOpPlan } from '../no-op.ts'

/** The shapes of plans whose cost is measured at two sizes. */
export const shapes = ['sequence', 'together', 'mixed'] as const
export type PlanShape = (typeof shapes)[number]

export function planOf(shape: PlanShape, count: number): Plan<Risk> {
  return shape === 'mixed' ? mixedPlan(count) : noOpPlan(shape, count)
}

/** The name of the step that is executed last. */
export function lastStepOf(shape: PlanShape, count: number): string {
  return shape === 'mixed' ? `b${count / stepsPerBlock - 1}-9` : `n${count - 1}`
}

const stepsPerBlock = 10

/** Everything that a plan can be made of, in blocks of ten steps that are nested plans in all but name. */
function mixedPlan(count: number): Plan<Risk> {
  const blocks = Array.from({ length: count / stepsPerBlock }, (_, number) => block(number))
  return plan({ name: `mixed-of-${count}`, onFailure: 'compensate', steps: sequence(...blocks) })
}

function block(number: number): PlanNode<'reversible' | 'none'> {
  const step = (index: number): ReturnType<typeof noOp> => noOp({ name: `b${number}-${index}` })
  return named(
    `block-${number}`,
    onFailure(
      'compensate',
      sequence(
        during(step(0), together(step(1), step(2), step(3))),
        optional(sequence(step(4), step(5))),
        fallback(step(6), step(7)),
        notice('bench.half-way', { block: number }),
        step(8),
        step(9),
      ),
    ),
  )
}
