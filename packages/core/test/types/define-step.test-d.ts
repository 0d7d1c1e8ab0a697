import { defineStep, type ExecuteContext, type Output, type PrepareContext, type Secret, secret } from '@backstep/core'
import { describe, it } from 'vitest'
import * as z from 'zod'

const parts = {
  kind: 'demo.set',
  options: z.object({ name: z.string(), to: z.number() }),
  prepared: z.object({ to: z.number() }),
  receipt: z.object({ revision: z.number() }),
  target: () => ({ system: 'demo', name: 'x' }),
  toRollbackError: (cause: unknown) => cause as Error,
  probe: async () => ({ at: 'before' }) as const,
  execute: async () => ({ revision: 1 }),
  verify: async () => ({ status: 'healthy', evidence: [] }) as const,
} as const
const nothing = { prepared: { to: 1 }, summary: '', changes: [], guards: [], leases: [], risk: [] } as const
const prepare = async () => nothing
const compensate = async () => ({ evidence: [] })
const traits = { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only' } as const

describe('a step that changes something says how it is undone', () => {
  it('reversible and data-loss need compensate', () => {
    defineStep({ ...parts, traits, prepare, compensate })
    // @ts-expect-error compensate is missing
    defineStep({ ...parts, traits, prepare })
    // @ts-expect-error compensate is missing
    defineStep({ ...parts, traits: { ...traits, risk: 'data-loss' }, prepare })
    // @ts-expect-error compensate is missing
    defineStep({ ...parts, traits: { ...traits, risk: ['reversible', 'none'] }, prepare })
  })
  it('a step without risk has nothing to undo', () => {
    defineStep({ ...parts, traits: { ...traits, risk: 'none' }, prepare })
    // @ts-expect-error nothing to compensate
    defineStep({ ...parts, traits: { ...traits, risk: 'none' }, prepare, compensate })
  })
  it('a point of no return cannot pretend', () => {
    defineStep({ ...parts, traits: { ...traits, risk: ['data-loss', 'point-of-no-return'] }, prepare })
    // @ts-expect-error it cannot be compensated
    defineStep({ ...parts, traits: { ...traits, risk: ['data-loss', 'point-of-no-return'] }, prepare, compensate })
  })
  it('and reports what it put back', () => {
    // @ts-expect-error no restoration
    defineStep({ ...parts, traits, prepare, compensate: async () => {} })
  })
})

describe('a preparation keeps to the promises of its step', () => {
  it('reports no worse risk than the traits', () => {
    // @ts-expect-error wider than reversible
    defineStep({ ...parts, traits, prepare: async () => ({ ...nothing, risk: ['data-loss'] as const }), compensate })
    const hazard = async () => ({ ...nothing, risk: ['point-of-no-return'] as const })
    // @ts-expect-error a point of no return
    defineStep({ ...parts, traits: { ...traits, risk: 'none' }, prepare: hazard })
  })
  it('captures what its schema says', () => {
    // @ts-expect-error a text is no number
    defineStep({ ...parts, traits, prepare: async () => ({ ...nothing, prepared: { to: '1' } }), compensate })
    // @ts-expect-error nothing captured
    defineStep({ ...parts, traits, prepare: async () => ({ ...nothing, prepared: {} }), compensate })
  })
  it('has a snapshot exactly when the step declares one', () => {
    const snapshot = z.object({ rules: z.string() })
    defineStep({ ...parts, snapshot, traits, prepare: async () => ({ ...nothing, snapshot: { rules: '' } }), compensate })
    // @ts-expect-error another shape
    defineStep({ ...parts, snapshot, traits, prepare: async () => ({ ...nothing, snapshot: { rules: 1 } }), compensate })
    // @ts-expect-error no snapshot declared
    defineStep({ ...parts, traits, prepare: async () => ({ ...nothing, snapshot: { rules: '' } }), compensate })
  })
  it('is whole', () => {
    const unguarded = { prepared: { to: 1 }, summary: '', changes: [], leases: [], risk: [] } as const
    // @ts-expect-error guards are missing
    defineStep({ ...parts, traits, prepare: async () => unguarded, compensate })
    const change = { resource: 'x', action: 'destroy' } as const
    // @ts-expect-error no such action
    defineStep({ ...parts, traits, prepare: async () => ({ ...nothing, changes: [change] }), compensate })
  })
})

describe('what stands in a journal is plain data', () => {
  it('a receipt holds no Date, secret or output', () => {
    // @ts-expect-error a Date
    defineStep({ ...parts, receipt: z.object({ at: z.date() }), traits, prepare, compensate })
    // @ts-expect-error a secret
    defineStep({ ...parts, receipt: z.object({ key: z.custom<Secret>() }), traits, prepare, compensate })
    // @ts-expect-error an output
    defineStep({ ...parts, receipt: z.object({ host: z.custom<Output<string>>() }), traits, prepare, compensate })
    // @ts-expect-error a big number
    defineStep({ ...parts, receipt: z.object({ id: z.bigint() }), traits, prepare, compensate })
    // @ts-expect-error a function
    defineStep({ ...parts, receipt: z.object({ run: z.custom<() => void>() }), traits, prepare, compensate })
  })
  it('a receipt is an object: each of its fields is an output', () => {
    // @ts-expect-error a number
    defineStep({ ...parts, receipt: z.number(), execute: async () => 1, traits, prepare, compensate })
  })
  it('a preparation holds no secret', () => {
    const prepared = z.object({ password: z.custom<Secret>() })
    // @ts-expect-error a secret
    defineStep({ ...parts, prepared, traits, prepare: async () => ({ ...nothing, prepared: { password: secret('X') } }), compensate })
  })
  it('a snapshot holds no Date', () => {
    const snapshot = z.object({ at: z.date() })
    // @ts-expect-error a Date
    defineStep({ ...parts, snapshot, traits, prepare: async () => ({ ...nothing, snapshot: { at: new Date() } }), compensate })
  })
})

describe('the methods fit the schemas', () => {
  it('execute returns the receipt', () => {
    // @ts-expect-error a text is no number
    defineStep({ ...parts, execute: async () => ({ revision: '1' }), traits, prepare, compensate })
    // @ts-expect-error nothing
    defineStep({ ...parts, execute: async () => {}, traits, prepare, compensate })
  })
  it('probe gives the receipt with after, and the reason with everything else', () => {
    // @ts-expect-error no receipt
    defineStep({ ...parts, probe: async () => ({ at: 'after' }) as const, traits, prepare, compensate })
    // @ts-expect-error no detail
    defineStep({ ...parts, probe: async () => ({ at: 'elsewhere' }) as const, traits, prepare, compensate })
    // @ts-expect-error no such place
    defineStep({ ...parts, probe: async () => ({ at: 'gone', detail: '' }) as const, traits, prepare, compensate })
  })
  it('verify says what it expected when it is not healthy', () => {
    // @ts-expect-error expected and actual are missing
    defineStep({ ...parts, verify: async () => ({ status: 'unhealthy', evidence: [] }) as const, traits, prepare, compensate })
    // @ts-expect-error a boolean is no verdict
    defineStep({ ...parts, verify: async () => true, traits, prepare, compensate })
  })
  it('only a step that can write gets what a write needs', () => {
    const writes = async (_: unknown, context: ExecuteContext) => ({ ...nothing, summary: context.idempotencyKey })
    // @ts-expect-error prepare may not write
    defineStep({ ...parts, traits, prepare: writes, compensate })
    const reads = async (_: unknown, context: PrepareContext) => ({ revision: context.mark.length })
    // @ts-expect-error execute does not prepare
    defineStep({ ...parts, traits, prepare, execute: reads, compensate })
  })
})

describe('a step is named and promised', () => {
  it('with a kind of package and verb', () => {
    // @ts-expect-error no package
    defineStep({ ...parts, kind: 'set', traits, prepare, compensate })
  })
  it('with traits that exist', () => {
    // @ts-expect-error no such risk
    defineStep({ ...parts, traits: { ...traits, risk: 'harmless' }, prepare, compensate })
    // @ts-expect-error no such class
    defineStep({ ...parts, traits: { ...traits, idempotency: 'mostly' }, prepare, compensate })
    // @ts-expect-error no such layer
    defineStep({ ...parts, traits: { ...traits, layer: 'network' }, prepare, compensate })
    // @ts-expect-error fencing is missing
    defineStep({ ...parts, traits: { risk: 'reversible', idempotency: 'natural' }, prepare, compensate })
  })
  it('with late options that are options', () => {
    defineStep({ ...parts, late: ['to'], traits, prepare, compensate })
    // @ts-expect-error no such option
    defineStep({ ...parts, late: ['too'], traits, prepare, compensate })
  })
  it('and knows its late options in prepare only', () => {
    const known = async ({ options }: { readonly options: { readonly to: number } }) => ({ revision: options.to })
    defineStep({ ...parts, execute: known, traits, prepare, compensate })
    // @ts-expect-error to is late
    defineStep({ ...parts, late: ['to'], execute: known, traits, prepare, compensate })
    const target = (options: { readonly to: number }) => ({ system: 'demo', name: String(options.to) })
    // @ts-expect-error to is late
    defineStep({ ...parts, late: ['to'], target, traits, prepare, compensate })
  })
})
