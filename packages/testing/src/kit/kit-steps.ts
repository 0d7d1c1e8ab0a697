import { defineStep, json, RollbackError, type Json, type JsonObject, type RollbackStep, type StepFactory } from '@backstep/core'
import * as z from 'zod'

const traits = { risk: 'none', idempotency: 'natural', fencing: 'conditional-write' } as const
const target = (): { readonly system: string; readonly name: string } => ({ system: 'testing', name: 'kit' })
const preparation = (summary: string) =>
  ({ prepared: {}, summary, changes: [{ resource: 'testing:kit', action: 'run' }], guards: [], leases: [], risk: [] }) as const

/** Comes after the step under test and always fails, so that the plan goes back. */
export const failOnPurpose: StepFactory<Record<string, never>, Record<string, never>, 'none'> = defineStep({
  kind: 'testing.fail-on-purpose',
  options: z.strictObject({}) as z.core.$ZodType<Record<string, never>>,
  prepared: z.object({}),
  receipt: z.object({}) as unknown as z.core.$ZodType<Record<string, never>>,
  traits,
  toRollbackError: (cause) => cause as Error,
  target,
  prepare: async () => preparation('Fail, so that the plan goes back'),
  probe: async () => ({ at: 'before' }),
  execute: () => Promise.reject(new RollbackError('REJECTED', 'This step fails on purpose', { hint: 'Nothing to do.' })),
  verify: async () => ({ status: 'healthy', evidence: [] }),
})

/** Comes before the step under test and provides values that only become known when it has run. */
export function provide(values: Readonly<Record<string, Json>>): RollbackStep<JsonObject, 'none'> {
  const receipt = z.object(Object.fromEntries(Object.keys(values).map((key) => [key, json()])))
  const make = defineStep({
    kind: 'testing.provide',
    options: z.strictObject({}),
    prepared: z.object({}),
    receipt: receipt as unknown as z.core.$ZodType<JsonObject>,
    traits,
    toRollbackError: (cause) => cause as Error,
    target,
    prepare: async () => preparation('Provide values'),
    probe: async () => ({ at: 'after', receipt: values }),
    execute: async () => values,
    verify: async () => ({ status: 'healthy', evidence: [] }),
  })
  return make({})
}

/** True for the ids of the two steps above. */
export function isOfKit(id: string): boolean {
  return id.startsWith('testing.')
}
