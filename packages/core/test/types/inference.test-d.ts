import {
  type AutomaticRisk,
  defineCheck,
  defineQuery,
  defineStep,
  during,
  type Duration,
  fallback,
  forEach,
  type Gate,
  gate,
  type Output,
  type Plan,
  plan,
  type PlanNode,
  planTemplate,
  type Position,
  type Query,
  route,
  sequence,
  type StepFactory,
  together,
  when,
  is,
} from '@backstep/core'
import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { cut, flag, lossy, read, safe } from './parts.ts'

describe('the risk of a composition is the union over its parts', () => {
  it('in every combinator', () => {
    expectTypeOf(sequence()).toEqualTypeOf<PlanNode<'none'>>()
    expectTypeOf(sequence(read)).toEqualTypeOf<PlanNode<'none'>>()
    expectTypeOf(sequence(safe, lossy)).toEqualTypeOf<PlanNode<'reversible' | 'data-loss'>>()
    expectTypeOf(together(read, safe)).toEqualTypeOf<PlanNode<'none' | 'reversible'>>()
    expectTypeOf(fallback(safe, cut)).toEqualTypeOf<PlanNode<'reversible' | 'data-loss' | 'point-of-no-return'>>()
    expectTypeOf(during(safe, lossy)).toEqualTypeOf<PlanNode<'reversible' | 'data-loss'>>()
    expectTypeOf(forEach(['a'], () => lossy)).toEqualTypeOf<PlanNode<'data-loss'>>()
    expectTypeOf(when(is(lossy.output.on, true), safe)).toEqualTypeOf<PlanNode<'reversible'>>()
    expectTypeOf(when(is(lossy.output.on, true), safe, lossy)).toEqualTypeOf<PlanNode<'reversible' | 'data-loss'>>()
    expectTypeOf(route(lossy.output.state, { a: safe, b: read })).toEqualTypeOf<PlanNode<'reversible' | 'none'>>()
    expectTypeOf(plan({ name: 'x', steps: sequence(safe, lossy) })).toEqualTypeOf<Plan<'reversible' | 'data-loss'>>()
  })
  it('also of parts that are made, chosen or left out', () => {
    expectTypeOf(sequence(...(flag ? [safe] : []))).toEqualTypeOf<PlanNode<'reversible'>>()
    expectTypeOf(sequence(...['a', 'b'].map(() => safe))).toEqualTypeOf<PlanNode<'reversible'>>()
    expectTypeOf(sequence(flag ? safe : lossy)).toEqualTypeOf<PlanNode<'reversible' | 'data-loss'>>()
    expectTypeOf(sequence(gate.approval({ name: 'a', roles: ['x'] }), safe)).toEqualTypeOf<PlanNode<'none' | 'reversible'>>()
  })
  it('may be fewer than annotated, never more', () => {
    const annotated: PlanNode<'reversible' | 'data-loss'> = sequence(safe)
    expectTypeOf(annotated).toEqualTypeOf<PlanNode<'reversible' | 'data-loss'>>()
    expectTypeOf<Plan<'reversible'>>().toExtend<Plan<AutomaticRisk>>()
    expectTypeOf<Plan<'reversible' | 'data-loss'>>().not.toExtend<Plan<AutomaticRisk>>()
  })
})

const scale = defineStep({
  kind: 'demo.scale',
  options: z.strictObject({
    name: z.string(),
    timeout: z.custom<Duration>().default('5m'),
    replicas: z.int().optional(),
    images: z.array(z.string()),
  }),
  prepared: z.object({ to: z.int(), ways: z.array(z.enum(['up', 'down'])) }),
  snapshot: z.object({ before: z.int() }),
  receipt: z.object({
    replicas: z.int(),
    state: z.enum(['up', 'down']),
    zones: z.array(z.enum(['a', 'b'])),
    note: z.string().optional(),
  }),
  traits: { risk: ['reversible', 'data-loss'], idempotency: 'natural', fencing: 'lease-only' },
  late: ['replicas', 'images'],
  toRollbackError: (cause) => cause as Error,
  target: (options) => {
    expectTypeOf(options).toEqualTypeOf<
      Omit<{ name: string; timeout: Duration; replicas?: number | undefined; images: string[] }, 'replicas' | 'images'>
    >()
    return { system: options.timeout, name: options.name }
  },
  async prepare({ options, client }, context) {
    expectTypeOf(options).toEqualTypeOf<{ name: string; timeout: Duration; replicas?: number | undefined; images: string[] }>()
    expectTypeOf(client).toBeUndefined()
    expectTypeOf(context.mark).toBeString()
    return {
      prepared: { to: options.replicas ?? 1, ways: ['up'] },
      snapshot: { before: 3 },
      summary: '',
      changes: [],
      guards: [],
      leases: [],
      risk: ['reversible'],
    }
  },
  async probe(work): Promise<Position<{ replicas: number; state: 'up' | 'down'; zones: readonly ('a' | 'b')[]; note?: string }>> {
    expectTypeOf(work.prepared.to).toBeNumber()
    expectTypeOf(work.snapshot.before).toBeNumber()
    expectTypeOf(work.receipt?.state).toEqualTypeOf<'up' | 'down' | undefined>()
    return { at: 'before' }
  },
  async execute({ prepared, options }) {
    expectTypeOf(options.timeout).toEqualTypeOf<Duration>()
    expectTypeOf(options).not.toHaveProperty('replicas')
    return { replicas: prepared.to, state: 'up', zones: ['a'] }
  },
  async verify({ receipt }) {
    expectTypeOf(receipt.replicas).toBeNumber()
    return { status: 'healthy', evidence: [] }
  },
  async compensate({ snapshot, receipt }) {
    expectTypeOf(snapshot.before).toBeNumber()
    expectTypeOf(receipt?.replicas).toEqualTypeOf<number | undefined>()
    return { evidence: [] }
  },
})

describe('a step is typed by its schemas', () => {
  it('and its methods may return literals as they are, without as const', () => {
    expectTypeOf(scale({ name: 'a', images: [] }).output.zones).toEqualTypeOf<Output<('a' | 'b')[], 'execute'>>()
  })
  it('an option with a default may be left out by authors, and is there inside the methods', () => {
    expectTypeOf(scale).parameter(0).toHaveProperty('timeout').toEqualTypeOf<Duration | undefined>()
    scale({ name: 'a', images: [] })
  })
  it('a late option takes the value and its output, a list also a readonly one', () => {
    expectTypeOf(scale).parameter(0).toHaveProperty('images').toEqualTypeOf<readonly string[] | Output<readonly string[]>>()
    const images: readonly string[] = ['x']
    scale({ name: 'a', images, replicas: safe.output.revision })
  })
  it('each field of the receipt is an output, an optional one too', () => {
    const { output } = scale({ name: 'a', images: [] })
    expectTypeOf(output.replicas).toEqualTypeOf<Output<number, 'execute'>>()
    expectTypeOf(output.state).toEqualTypeOf<Output<'up' | 'down', 'execute'>>()
    expectTypeOf(output.note).toEqualTypeOf<Output<string, 'execute'>>()
  })
  it('its risk is the one of its traits', () => {
    expectTypeOf(sequence(scale({ name: 'a', images: [] }))).toEqualTypeOf<PlanNode<'reversible' | 'data-loss'>>()
  })
  it('and can be written down without its schemas', () => {
    interface ScaleOptions {
      readonly name: string
      readonly timeout?: Duration
      readonly images: readonly string[]
    }
    expectTypeOf(scale).toExtend<
      StepFactory<ScaleOptions, { readonly replicas: number }, 'reversible' | 'data-loss', undefined, 'images'>
    >()
  })
})

describe('a query, a check and a gate are typed by what they answer', () => {
  it('a query gives outputs that are known at preview', () => {
    const find = defineQuery({
      kind: 'demo.find',
      options: z.strictObject({ name: z.string(), depth: z.int().default(3) }),
      result: z.object({ commit: z.string(), parts: z.array(z.enum(['app', 'data'])) }),
      target: () => ({ system: 'demo', name: 'x' }),
      async read({ options }) {
        expectTypeOf(options).toEqualTypeOf<{ name: string; depth: number }>()
        return { commit: 'c0ffee', parts: ['app'] }
      },
    })
    const found = find({ name: 'a' })
    expectTypeOf(found).toEqualTypeOf<Query<{ commit: string; parts: ('app' | 'data')[] }>>()
    expectTypeOf(found.output.commit).toEqualTypeOf<Output<string, 'prepare'>>()
    find({ name: found.output.commit })
  })
  it('a check gets all its options, also those that came late', () => {
    const isThere = defineCheck({
      kind: 'demo.is-there',
      options: z.strictObject({ name: z.string(), host: z.string() }),
      late: ['host'],
      target: ({ name }) => ({ system: 'demo', name }),
      async sample({ options }) {
        expectTypeOf(options).toEqualTypeOf<{ name: string; host: string }>()
        return { status: 'unknown', evidence: [], reason: '' }
      },
    })
    isThere({ name: 'a', host: lossy.output.host })
  })
  it('a decision gives one of its options', () => {
    const decision = gate.decision({ name: 'd', role: 'lead', options: ['go', 'wait'], timeBox: '5m', onTimeout: 'wait' })
    expectTypeOf(decision).toEqualTypeOf<Gate<'go' | 'wait'>>()
    expectTypeOf(decision.output.answer).toEqualTypeOf<Output<'go' | 'wait', 'execute'>>()
  })
})

describe('a template is typed by its input', () => {
  it('a field with a default may be left out, and is there when the plan is built', () => {
    const template = planTemplate({
      name: 'x',
      input: z.strictObject({ tag: z.string(), path: z.enum(['a', 'b']).default('a') }),
      build(input) {
        expectTypeOf(input).toEqualTypeOf<{ tag: string; path: 'a' | 'b' }>()
        return plan({ name: 'x', steps: safe })
      },
    })
    expectTypeOf(template.build).parameter(0).toEqualTypeOf<{ tag: string; path?: 'a' | 'b' | undefined }>()
    expectTypeOf(template.build).returns.toEqualTypeOf<Plan<'reversible'>>()
    // @ts-expect-error tag is missing
    template.build({})
    // @ts-expect-error no such path
    template.build({ tag: 'v1', path: 'c' })
  })
})
