import { defineStep, plan, sequence, together, type Plan, type Risk } from '@backstep/core'
import * as z from 'zod'

/** A step that does nothing, so that only the engine costs time. It takes no lease and has no port. */
export const noOp = defineStep({
  kind: 'bench.no-op',
  options: z.object({ name: z.string() }),
  prepared: z.object({ name: z.string() }),
  receipt: z.object({ name: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'conditional-write' },
  toRollbackError: (cause) => cause as Error,
  target: ({ name }) => ({ system: 'bench', name }),
  async prepare({ options: { name } }) {
    return {
      prepared: { name },
      summary: `Do nothing to ${name}`,
      changes: [{ resource: name, action: 'update' }],
      guards: [],
      leases: [],
      risk: ['reversible'],
    }
  },
  async probe({ receipt, mark }) {
    return receipt === undefined || putBack.has(mark) ? { at: 'before' } : { at: 'after', receipt }
  },
  async execute({ options: { name } }) {
    atStep.call(name)
    return { name }
  },
  async verify() {
    return { status: 'healthy', evidence: [] }
  },
  async compensate({ mark }) {
    putBack.add(mark)
    return { evidence: [] }
  },
})

/** The marks of what was put back, so that a scope is seen to be left. */
const putBack = new Set<string>()

/** What a bench wants to do while a step is executed. */
export const atStep: { call: (name: string) => void } = { call: () => undefined }

/** A plan of that many steps that do nothing. */
export function noOpPlan(shape: 'sequence' | 'together', count: number): Plan<Risk> {
  const nodes = Array.from({ length: count }, (_, index) => noOp({ name: `n${index}` }))
  return plan({ name: `${shape}-of-${count}`, steps: shape === 'sequence' ? sequence(...nodes) : together(...nodes) })
}
