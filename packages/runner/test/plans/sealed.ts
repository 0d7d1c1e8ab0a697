import { type Plan, type Risk, seal, type Sealed } from '@backstep/core'

/** Seals a plan whose queries need no context. */
export function sealPlan(plan: Plan<Risk>, options: Omit<Parameters<typeof seal>[1], 'context'> = {}): Promise<Sealed> {
  return seal(plan, { ...options, context: {} as never })
}
