import { defineCheck, defineQuery, defineStep, isOutput, type Json, type Output, type RollbackStep } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { testContext } from './contexts.ts'
import { demoFactory, demoStep, demoWork } from './demo-step.ts'
import { failureOf } from './failure-of.ts'

type Seen = Readonly<Record<string, unknown>>

/** A step that writes down the options that each of its parts was given. */
function watched(): { readonly seen: Seen; readonly make: ReturnType<typeof demoFactory> } {
  const seen: Record<string, unknown> = {}
  const note =
    (where: string, answer: unknown) =>
    async ({ options }: { readonly options: unknown }): Promise<unknown> => {
      seen[where] = options
      return answer
    }
  const make = demoFactory({
    target: (options: { readonly name: string }) => {
      seen['target'] = options
      return { system: 'demo', name: options.name }
    },
    client: (options: unknown) => {
      seen['client'] = options
      return {}
    },
    prepare: note('prepare', { prepared: { before: '', to: '' }, summary: '', changes: [], guards: [], leases: [], risk: [] }),
    probe: note('probe', { at: 'before' }),
    execute: note('execute', { value: '' }),
  })
  return { seen, make }
}

async function callAll(step: RollbackStep<{ readonly value: string }, 'reversible'>, read?: (output: Output<Json>) => Json): Promise<void> {
  const context = testContext(read === undefined ? {} : { read })
  await step.prepare(context)
  await step.probe(demoWork(), context)
  await step.execute(demoWork(), context)
}

describe('options of a step', () => {
  it('are parsed, with their defaults', async () => {
    const { seen, make } = watched()
    await callAll(make({ name: 'a', to: 'new' }))
    expect(seen['prepare']).toEqual({ name: 'a', to: 'new', size: 3 })
    expect(seen['execute']).toEqual({ name: 'a', size: 3 })
  })

  it('that are late are plain in prepare, and the same everywhere else whether they were given as a value or as an output', async () => {
    const other = demoStep({}, { id: 'other' })
    const [plain, late] = [watched(), watched()]
    await callAll(plain.make({ name: 'a', to: 'found' }))
    await callAll(late.make({ name: 'a', to: other.output.value }), (output) => {
      expect(isOutput(output) && output.source).toBe(other)
      return 'found'
    })
    expect(late.seen).toEqual(plain.seen)
    expect(late.seen).toMatchObject({
      prepare: { name: 'a', to: 'found', size: 3 },
      target: { name: 'a', size: 3 },
      client: { name: 'a', size: 3 },
      probe: { name: 'a', size: 3 },
      execute: { name: 'a', size: 3 },
    })
  })

  it('are refused with every wrong field by name, never with its value', async () => {
    const make = demoFactory() as (options: object) => unknown
    const failure = await failureOf(() => make({ name: 7, to: 'hunter2', size: -1 }))
    expect(failure).toMatchObject({ code: 'OPTIONS_INVALID', effect: 'none', hint: 'Correct the named field.' })
    expect(failure.message).toBe(
      'demo.set: name: Invalid input: expected string, received number; size: Too small: expected number to be >0',
    )
  })

  it.each([
    ['a strict object', z.strictObject({ name: z.string() })],
    ['an object that would drop it', z.object({ name: z.string() })],
    ['an object of zod/mini', mini.object({ name: mini.string() })],
  ])('refuse an unknown field of %s, naming it', async (_, options) => {
    const make = demoFactory({ options, late: [] }) as (options: object) => unknown
    const failure = await failureOf(() => make({ name: 'a', nmae: 'b' }))
    expect(failure).toMatchObject({ code: 'OPTIONS_INVALID', message: 'demo.set: Unrecognized key: "nmae"' })
  })

  it('take any field where the schema says so', () => {
    const make = demoFactory({ options: z.looseObject({ name: z.string() }), late: [] }) as (options: object) => { options: object }
    expect(make({ name: 'a', more: 1 }).options).toEqual({ name: 'a', more: 1 })
  })

  it('take an output only where the step takes one', async () => {
    const make = demoFactory() as (options: object) => unknown
    const { value } = demoStep().output
    expect((await failureOf(() => make({ name: value, to: 'x' }))).message).toBe(
      'demo.set: name: takes no output of another node, only a value',
    )
    expect((await failureOf(() => make({ name: 'a', to: 'x', more: value }))).message).toBe('demo.set: Unrecognized key: "more"')
    expect((await failureOf(() => make({ name: value, to: 'x', size: 0, more: 1 }))).message).toMatch(/name: takes no.*size: .*"more"/)
  })

  it('with an output are still checked in all other fields', async () => {
    const make = demoFactory() as (options: object) => unknown
    const { value } = demoStep().output
    expect((await failureOf(() => make({ to: value, size: 0, more: 1 }))).message).toMatch(/name: .*size: .*"more"/)
  })

  it('with an output and a rule over several fields are checked once all are known', async () => {
    const options = z.strictObject({ name: z.string(), to: z.string() }).refine(({ name, to }) => name !== to, 'name and to are the same')
    const step = demoFactory({ options })({ name: 'same', to: demoStep().output.value })
    const failure = await failureOf(() => step.prepare(testContext({ read: () => 'same' })))
    expect(failure).toMatchObject({ code: 'OPTIONS_INVALID', message: 'demo.set: name and to are the same' })
  })

  it('are refused when the value that an output had does not fit', async () => {
    const step = demoFactory()({ name: 'a', to: demoStep().output.value })
    expect((await failureOf(() => step.prepare(testContext({ read: () => 7 })))).message).toContain('to: Invalid input')
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'a'],
    ['a list', []],
  ])('that are %s are refused', async (_, options) => {
    const make = demoFactory() as (options: unknown) => unknown
    expect(await failureOf(() => make(options))).toMatchObject({
      code: 'OPTIONS_INVALID',
      message: 'demo.set: expected an object of options',
    })
  })

  it('too deep for the schema to look at are refused as well', async () => {
    let deep: unknown = 'x'
    for (let level = 0; level < 50_000; level++) deep = [deep]
    const make = demoFactory({ options: z.strictObject({ name: z.string(), to: z.json() }) }) as (options: object) => unknown
    expect(await failureOf(() => make({ name: 'a', to: deep }))).toMatchObject({ code: 'OPTIONS_INVALID' })
  })

  it('are no part of the author any more once given', async () => {
    const given = { name: 'a', to: 'new' }
    const step = demoFactory()(given)
    given.to = 'changed later'
    expect(step.options).toEqual({ name: 'a', to: 'new' })
    expect(await step.prepare(testContext())).toMatchObject({ prepared: { to: 'new' } })
  })
})

describe('settings of a step', () => {
  it.each([
    ['an unknown one', { timeut: '5m' }, 'Unrecognized key: "timeut"'],
    ['a time without a unit', { timeout: '5' }, 'timeout: '],
    ['no time at all', { timeout: '0s' }, 'timeout: '],
    ['no attempt', { attempts: 0 }, 'attempts: '],
    ['half an attempt', { attempts: 1.5 }, 'attempts: '],
    ['an empty id', { id: ' ' }, 'id: '],
    ['an id of several lines', { id: 'a\nb' }, 'id: '],
  ])('refuse %s', async (_, settings, says) => {
    const failure = await failureOf(() => demoStep({}, settings as object))
    expect(failure).toMatchObject({ code: 'OPTIONS_INVALID', message: expect.stringContaining(`demo.set settings: ${says}`) })
  })

  it('are all refused at once', async () => {
    const failure = await failureOf(() => demoStep({}, { timeout: '5', attempts: 0 } as never))
    expect(failure.message).toMatch(/timeout: .*; attempts: /)
  })

  it('a target without a name is refused, since ids are made of it', async () => {
    const failure = await failureOf(() => demoFactory()({ name: '', to: 'x' }))
    expect(failure).toMatchObject({ code: 'OPTIONS_INVALID', message: 'demo.set: its options name no target' })
  })
})

describe('options of a query and of a check', () => {
  const options = z.object({ name: z.string(), depth: z.int().default(3) })
  const parts = { kind: 'demo.read', options, target: () => ({ system: 'demo', name: 'x' }) } as const

  it('of a query may all be outputs of other queries', async () => {
    const find = defineQuery({
      ...parts,
      result: z.object({ at: z.string() }),
      read: async ({ options: { name, depth } }) => ({ at: `${name} ${depth}` }),
    })
    const first = find({ name: 'a' })
    const second = find({ name: first.output.at, depth: 5 })
    expect(await second.read(testContext({ read: () => 'found' }))).toEqual({ at: 'found 5' })
  })

  it('of both are refused like those of a step', async () => {
    const verdict = async () => ({ status: 'healthy', evidence: [] }) as const
    const find = defineQuery({ ...parts, result: z.object({}), read: async () => ({}) }) as (options: object) => unknown
    const check = defineCheck({ ...parts, sample: verdict }) as (options: object) => unknown
    expect((await failureOf(() => find({ name: 'a', dept: 1 }))).message).toBe('demo.read: Unrecognized key: "dept"')
    expect((await failureOf(() => check({ name: 'a', depth: '1' }))).message).toContain('demo.read: depth: ')
    expect((await failureOf(() => check({ name: demoStep().output.value }))).message).toContain('takes no output')
  })

  it('of a check may be late where it says so', async () => {
    const seen: unknown[] = []
    const check = defineCheck({
      ...parts,
      late: ['name'],
      sample: async ({ options: known }) => {
        seen.push(known)
        return { status: 'healthy', evidence: [] }
      },
    })
    await check({ name: demoStep().output.value }).sample(testContext({ read: () => 'found' }))
    expect(seen).toEqual([{ name: 'found', depth: 3 }])
  })
})

describe('a definition that contradicts itself is refused', () => {
  it.each([
    ['a kind without a package', { kind: 'set' }, 'kind must be'],
    ['a kind in capitals', { kind: 'Demo.Set' }, 'kind must be'],
    ['a reversible step without compensate', { compensate: undefined }, 'needs compensate'],
    ['a harmless step with compensate', { traits: { risk: 'none' } }, 'cannot have compensate'],
    ['a point of no return with compensate', { traits: { risk: ['data-loss', 'point-of-no-return'] } }, 'cannot have compensate'],
    ['a client without contacts', { contacts: undefined }, 'table of contacts'],
    ['a receipt that is no object', { receipt: z.string() }, 'must be an object'],
    ['a receipt with a dot in a name', { receipt: z.object({ 'a.b': z.string() }) }, 'no dot in its name'],
    ['a late option that is none', { late: ['too'] }, '"too" is not in the options schema'],
    ['late options of no object', { options: z.string(), late: ['to'] }, 'need an object schema'],
  ])('%s', async (_, change, says) => {
    const failure = await failureOf(() => demoFactory(change))
    expect(failure).toMatchObject({ code: 'PLAN_INVALID', message: expect.stringContaining(says) })
    expect(failure.hint).toContain('defect of the step')
  })

  it('of a query and a check too', async () => {
    const parts = { kind: 'demo.read', options: z.object({}), target: () => ({ system: 'demo', name: 'x' }) } as const
    const asQuery = { ...parts, result: z.array(z.string()), read: async () => [] } as never
    expect((await failureOf(() => defineQuery(asQuery))).message).toContain('result schema must be an object')
    const asCheck = { ...parts, client: () => ({}), sample: async () => ({ status: 'healthy', evidence: [] }) } as never
    expect((await failureOf(() => defineCheck(asCheck))).message).toContain('table of contacts')
  })

  it('and a good one is a good one: the demo step compiles into a step with its promises', () => {
    expect(demoStep()).toMatchObject({
      contract: 'rollback-step/v1',
      kind: 'demo.set',
      risk: ['reversible'],
      target: { system: 'demo', name: 'a' },
    })
    expect(defineStep).toBeTypeOf('function')
  })
})
