import { defineStep, type Output, type RollbackStep, RollbackError, type StepSettings, type Work } from '@backstep/core'
import * as z from 'zod'

/** The port of the demo step: one text. */
export interface DemoPort {
  get(): Promise<string>
  set(value: string): Promise<void>
}

interface DemoOptions {
  readonly name: string
  readonly to: string | Output<string>
  readonly size?: number
}

const goodDefinition = {
  kind: 'demo.set',
  options: z.strictObject({ name: z.string(), to: z.string(), size: z.int().positive().default(3) }),
  prepared: z.object({ before: z.string(), to: z.string() }),
  receipt: z.object({ value: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'conditional-write' },
  late: ['to'],
  client: (): DemoPort => ({ get: async () => 'old', set: async () => undefined }),
  contacts: { get: 'read', set: 'write' },
  toRollbackError: (cause: unknown) => new RollbackError('BACKEND_UNAVAILABLE', `translated: ${String(cause)}`, { hint: 'Wait.', cause }),
  target: ({ name }: { readonly name: string }) => ({ system: 'demo', name }),
  async prepare({ options, client }: { readonly options: { readonly name: string; readonly to: string }; readonly client: DemoPort }) {
    const before = await client.get()
    const changes = [{ resource: options.name, action: 'update', before, after: options.to }]
    return { prepared: { before, to: options.to }, summary: 'set', changes, guards: [], leases: [options.name], risk: ['reversible'] }
  },
  probe: async () => ({ at: 'before' }),
  async execute({ prepared, client }: { readonly prepared: { readonly to: string }; readonly client: DemoPort }) {
    await client.set(prepared.to)
    return { value: prepared.to }
  },
  verify: async () => ({ status: 'healthy', evidence: [] }),
  compensate: async () => ({ evidence: [] }),
}

type DemoStep = RollbackStep<{ readonly value: string }, 'reversible'>
type DemoFactory = (options: DemoOptions, settings?: StepSettings & { readonly client?: DemoPort }) => DemoStep

/** A step factory as plain JavaScript would make it: the compiler sees nothing of the definition. */
export function demoFactory(change: Readonly<Record<string, unknown>> = {}): DemoFactory {
  return (defineStep as unknown as (definition: unknown) => DemoFactory)({ ...goodDefinition, ...change })
}

export function demoStep(change: Readonly<Record<string, unknown>> = {}, settings: Parameters<DemoFactory>[1] = {}): DemoStep {
  return demoFactory(change)({ name: 'a', to: 'new' }, settings)
}

/** What a journal would hand to the methods after prepare. */
export function demoWork(change: Partial<Work> = {}): Work<never, never, { readonly value: string }> {
  return { prepared: { before: 'old', to: 'new' }, snapshot: null, mark: 'mark-1', receipt: undefined, ...change } as never
}
