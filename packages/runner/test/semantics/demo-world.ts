import {
  defineCheck,
  defineQuery,
  defineStep,
  RollbackError,
  type Change,
  type Check,
  type Idempotency,
  type Kind,
  type Output,
  type Position,
  type Preparation,
  type Query,
  type Risk,
  type RollbackErrorCode,
  type RollbackErrorOptions,
  type RollbackStep,
  type StepSettings,
  type Undo,
  type Verdict,
} from '@backstep/core'
import * as z from 'zod'

type Method = 'prepare' | 'probe' | 'do' | 'did' | 'verify' | 'undo' | 'undid' | 'check' | 'query'
/** Called with the number of the call, from 1. Throws, answers instead of the step, or changes the world; `undefined`: as always. */
export type Hook = (count: number) => unknown

export type DemoReceipt = { readonly value: string }
type Plain<R extends Risk> = (
  options: { readonly name: string; readonly to: string | Output<string> },
  settings?: StepSettings,
) => RollbackStep<DemoReceipt, R>

/** Values by name, steps that change them, and a log of every call that writes. */
export interface DemoWorld {
  readonly values: Map<string, string>
  /** `do a`, `undo a`, `query`, in the order in which they happened; notes of a test's own too. */
  readonly log: string[]
  readonly valueOf: (name: string) => string
  /** How often a method was called. */
  readonly countOf: (method: Method, name: string) => number
  /** Hooks into a method of one step: `do` before the effect, `did` after it and before its answer. */
  readonly on: (method: Method, name: string, hook: Hook) => void
  /** What `prepare` says besides the plain. */
  readonly says: (name: string, facts: DemoFacts) => void
  /** Reversible, natural. */
  readonly set: Plain<'reversible'>
  /** Reversible, must not be repeated. */
  readonly once: Plain<'reversible'>
  /** Loses data, can be undone. */
  readonly lossy: Plain<'data-loss' | 'reversible'>
  /** A point of no return. */
  readonly cut: Plain<'point-of-no-return'>
  /** A scope in which nobody else writes. */
  readonly scope: Plain<'reversible'>
  readonly names: (options: { readonly of: string }) => Query<{ readonly names: readonly string[]; readonly first: string }>
  /** Healthy while nothing hooks into it. */
  readonly check: (options: { readonly name: string }) => Check
}

export interface DemoFacts {
  /** Name of the object instead of the step's own: two steps may change one. */
  readonly resource?: string
  readonly leases?: readonly string[]
  readonly risk?: readonly Risk[]
  readonly loses?: { readonly what: string; readonly rows?: number; readonly rowsAtMost?: number }
  readonly undo?: Undo
  readonly idempotency?: Idempotency
}

/** An error of a backend. */
export function failure(code: RollbackErrorCode, options: Partial<RollbackErrorOptions> = {}): RollbackError {
  return new RollbackError(code, `the demo says ${code}`, { hint: 'This is a demo.', ...options })
}

/** A hook that throws: at every call, or at the first calls only. */
export function fails(code: RollbackErrorCode, options: Partial<RollbackErrorOptions> & { readonly times?: number } = {}): Hook {
  const { times = Infinity, ...rest } = options
  return (count) => {
    if (count <= times) throw failure(code, rest)
  }
}

const optionsSchema = z.object({ name: z.string(), to: z.string() })
const preparedSchema = z.object({ resource: z.string(), before: z.string(), to: z.string() })
const snapshotSchema = z.object({ before: z.string() })
const receiptSchema = z.object({ value: z.string() })

export function demoWorld(): DemoWorld {
  const values = new Map<string, string>()
  const log: string[] = []
  const hooks = new Map<string, Hook[]>()
  const counts = new Map<string, number>()
  const facts = new Map<string, DemoFacts>()
  const valueOf = (name: string): string => values.get(name) ?? 'old'
  const called = (method: Method, name: string): unknown => {
    const key = `${method} ${name}`
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    for (const hook of hooks.get(key) ?? []) {
      const answer = hook(count)
      if (answer !== undefined) return answer
    }
    return undefined
  }
  const tools: Tools = { values, log, valueOf, called, factsOf: (name) => facts.get(name) ?? {} }
  return {
    values,
    log,
    valueOf,
    countOf: (method, name) => counts.get(`${method} ${name}`) ?? 0,
    on: (method, name, hook) => hooks.set(`${method} ${name}`, [...(hooks.get(`${method} ${name}`) ?? []), hook]),
    says: (name, more) => facts.set(name, { ...facts.get(name), ...more }),
    set: reversible(tools, 'demo.set', 'natural'),
    once: reversible(tools, 'demo.once', 'none'),
    lossy: defineStep({
      ...methods(tools),
      kind: 'demo.lossy',
      traits: { risk: ['data-loss', 'reversible'], idempotency: 'natural', fencing: 'lease-only' },
      prepare: prepareOf(tools, ['data-loss', 'reversible']),
      compensate: compensateOf(tools),
    }),
    cut: defineStep({
      ...methods(tools),
      kind: 'demo.cut',
      traits: { risk: 'point-of-no-return', idempotency: 'natural', fencing: 'lease-only' },
      prepare: prepareOf(tools, ['point-of-no-return']),
    }),
    scope: defineStep({
      ...methods(tools),
      kind: 'demo.scope',
      traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only', stopsWriters: true },
      prepare: prepareOf(tools, ['reversible']),
      compensate: compensateOf(tools),
    }),
    names: namesOf(tools),
    check: checkOf(tools),
  }
}

interface Tools {
  readonly values: Map<string, string>
  readonly log: string[]
  readonly valueOf: (name: string) => string
  readonly called: (method: Method, name: string) => unknown
  readonly factsOf: (name: string) => DemoFacts
}
interface Subject {
  readonly options: { readonly name: string }
  readonly prepared: { readonly resource: string; readonly before: string; readonly to: string }
  readonly snapshot: { readonly before: string }
}

function methods({ values, log, valueOf, called }: Tools) {
  return {
    options: optionsSchema,
    late: ['to'],
    prepared: preparedSchema,
    snapshot: snapshotSchema,
    receipt: receiptSchema,
    toRollbackError: (cause: unknown) => cause as Error,
    target: ({ name }: { readonly name: string }) => ({ system: 'demo', name }),
    async probe({ options: { name }, prepared: { resource, before, to } }: Subject): Promise<Position<DemoReceipt>> {
      const instead = called('probe', name)
      if (instead !== undefined) return instead as Position<DemoReceipt>
      const now = valueOf(resource)
      if (now === to) return { at: 'after', receipt: { value: now } }
      return now === before ? { at: 'before' } : { at: now === 'half' ? 'between' : 'elsewhere', detail: now }
    },
    async execute({ options: { name }, prepared: { resource, to } }: Subject): Promise<DemoReceipt> {
      log.push(`do ${name}`)
      await called('do', name)
      values.set(resource, to)
      await called('did', name)
      return { value: to }
    },
    async verify({ options: { name } }: Subject): Promise<Verdict> {
      return ((await called('verify', name)) as Verdict | undefined) ?? { status: 'healthy', evidence: [] }
    },
  } as const
}

function prepareOf<R extends Risk>({ valueOf, called, factsOf }: Tools, worst: readonly R[]) {
  return async ({
    options: { name, to },
  }: {
    readonly options: { readonly name: string; readonly to: string }
  }): Promise<Preparation<Subject['prepared'], R, Subject['snapshot']>> => {
    await called('prepare', name)
    const { resource = name, leases = [`demo:${resource}`], risk = worst.slice(0, 1), loses, undo, idempotency } = factsOf(name)
    const before = valueOf(resource)
    const change: Change = { resource, action: 'update', before, after: to, ...(loses === undefined ? {} : { dataLoss: loses }) }
    return {
      prepared: { resource, before, to },
      snapshot: { before },
      summary: `Set ${name} to ${to}`,
      changes: before === to ? [] : [change],
      guards: [{ resource, property: 'value', equals: before }],
      leases,
      risk: risk as readonly R[],
      ...(undo === undefined ? {} : { undo }),
      ...(idempotency === undefined ? {} : { idempotency }),
    }
  }
}

function compensateOf({ values, log, called }: Tools) {
  return async ({ options: { name }, prepared: { resource }, snapshot: { before } }: Subject) => {
    log.push(`undo ${name}`)
    await called('undo', name)
    values.set(resource, before)
    const more = (await called('undid', name)) as readonly { readonly what: string; readonly why: string }[] | undefined
    return { evidence: [], ...(more === undefined ? {} : { notRestored: more }) }
  }
}

function reversible(tools: Tools, kind: Kind, idempotency: 'natural' | 'none'): Plain<'reversible'> {
  return defineStep({
    ...methods(tools),
    kind,
    traits: { risk: 'reversible', idempotency, fencing: 'lease-only' },
    prepare: prepareOf(tools, ['reversible']),
    compensate: compensateOf(tools),
  })
}

function namesOf({ log, called }: Tools): DemoWorld['names'] {
  return defineQuery({
    kind: 'demo.names',
    options: z.object({ of: z.string() }),
    result: z.object({ names: z.array(z.string()).readonly(), first: z.string() }),
    target: ({ of }) => ({ system: 'demo', name: String(of) }),
    async read({ options: { of } }) {
      log.push(`query ${of}`)
      const names = ((await called('query', of)) as readonly string[] | undefined) ?? ['x', 'y']
      return { names, first: names[0] ?? '' }
    },
  })
}

function checkOf({ called }: Tools): DemoWorld['check'] {
  return defineCheck({
    kind: 'demo.check',
    options: z.object({ name: z.string() }),
    target: ({ name }) => ({ system: 'demo', name }),
    async sample({ options: { name } }) {
      return ((await called('check', name)) as Verdict | undefined) ?? { status: 'healthy', evidence: [] }
    },
  })
}

/** What a check or a verification answers. */
export const verdicts = {
  healthy: { status: 'healthy', evidence: [] },
  unhealthy: { status: 'unhealthy', evidence: [], expected: 'health', actual: 'none' },
  unknown: { status: 'unknown', evidence: [], reason: 'no data' },
  progressing: { status: 'progressing', evidence: [], actual: 'on its way' },
} as const satisfies Record<string, Verdict>
