import { defineCheck, defineQuery, defineStep, json, type Json, type Risk, type RollbackStep, type StepSettings } from '@backstep/core'
import * as z from 'zod'

const step = defineStep({
  kind: 'demo.set',
  options: z.strictObject({ name: z.string(), to: z.unknown().optional() }),
  late: ['to'],
  prepared: z.object({}),
  receipt: z.object({ value: z.string(), names: z.array(z.string()) }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'conditional-write' },
  toRollbackError: (cause) => cause as Error,
  target: ({ name }) => ({ system: 'demo', name }),
  prepare: async () => ({ prepared: {}, summary: '', changes: [], guards: [], leases: [], risk: [] }),
  probe: async () => ({ at: 'before' }),
  execute: async () => ({ value: '', names: [] }),
  verify: async () => ({ status: 'healthy', evidence: [] }),
  compensate: async () => ({ evidence: [] }),
})

/** A reversible step. `to` takes anything, also what cannot be sealed. */
export const set = (name: string, to?: unknown, settings: StepSettings = {}): ReturnType<typeof step> =>
  step(to === undefined ? { name } : { name, to: to as never }, settings)

/** The same step with another risk, as a cast would make it. */
export function risky(name: string, risk: Risk): RollbackStep<{ readonly value: string }, 'reversible'> {
  return { ...set(name), risk: [risk as 'reversible'] }
}

/** Counts how often each query was asked. */
export const asked = new Map<string, number>()

const query = defineQuery({
  kind: 'demo.find',
  options: z.strictObject({ name: z.string(), answer: json(), from: z.unknown().optional() }),
  result: z.object({ value: json(), names: z.array(z.string()) }),
  target: ({ name }) => ({ system: 'demo', name: String(name) }),
  async read({ options: { name, answer } }) {
    asked.set(name, (asked.get(name) ?? 0) + 1)
    return { value: answer, names: Array.isArray(answer) ? (answer as string[]) : [] }
  },
})
export const find = (name: string, answer: Json = 'found', from?: unknown): ReturnType<typeof query> =>
  query({ name, answer, ...(from === undefined ? {} : { from: from as never }) })

const look = defineCheck({
  kind: 'demo.look',
  options: z.strictObject({ name: z.string(), at: z.unknown().optional() }),
  late: ['at'],
  target: ({ name }) => ({ system: 'demo', name }),
  sample: async () => ({ status: 'healthy', evidence: [] }),
})
export const check = (name: string, at?: unknown): ReturnType<typeof look> => look(at === undefined ? { name } : { name, at: at as never })
