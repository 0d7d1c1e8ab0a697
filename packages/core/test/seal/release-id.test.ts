import * as z from 'zod'
import { describe, expect, it } from 'vitest'
import { defineStep, during, plan, seal, sequence, type ReadContext, type StepFactory } from '../../src/index.ts'

type Options = { readonly name: string }
const set: StepFactory<Options, Record<never, never>, 'reversible'> = defineStep({
  kind: 'demo.set',
  options: z.object({ name: z.string() }),
  prepared: z.object({}),
  receipt: z.object({}),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only' },
  toRollbackError: (cause) => cause as Error,
  target: ({ name }) => ({ system: 'demo', name }),
  prepare: async () => ({ prepared: {}, summary: '', changes: [], guards: [], leases: [], risk: [] }),
  probe: async () => ({ at: 'before' }),
  execute: async () => ({}),
  verify: async () => ({ status: 'healthy', evidence: [] }),
  compensate: async () => ({ evidence: [] }),
})

describe('the leaving of a scope', () => {
  it('has a name of its own: a step with the same id is refused', async () => {
    const taken = set({ name: 'b' }, { id: 'demo.set@m release' })
    const made = plan({ name: 'demo', steps: sequence(during(set({ name: 'm' }), set({ name: 'a' })), taken) })
    await expect(seal(made, { context: {} as Omit<ReadContext, 'read'> })).rejects.toMatchObject({
      code: 'PLAN_INVALID',
      message: expect.stringContaining('demo.set@m release') as string,
    })
  })
})
