import {
  fallback,
  forEach,
  gate,
  named,
  notice,
  observe,
  optional,
  type Plan,
  plan,
  planTemplate,
  type PlanNode,
  require,
  type Risk,
  secret,
  sequence,
  together,
} from '@backstep/core'
import { beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { failureOf } from '../define/failure-of.ts'
import { asked, check, find, risky, set } from './nodes.ts'
import { inputsOf, planOf, problemsOf, sealPlan } from './sealed.ts'

beforeEach(() => asked.clear())

describe('one node stands once in a plan', () => {
  it('a step used twice is refused', async () => {
    const step = set('a')
    expect(await problemsOf(step, set('b'), step)).toEqual(['demo.set@a is used twice in the plan: call its factory once per use'])
  })

  it('also at different depths, and when it is a gate, a check or a composition', async () => {
    const [step, ask, watch, part] = [
      set('a'),
      gate.approval({ name: 'go', roles: ['x'] }),
      observe({ name: 'w', checks: [check('c')], deadline: '5m' }),
      named('part', set('b')),
    ]
    const problems = await problemsOf(together(step, ask), fallback(step, ask), watch, optional(watch), part, part)
    expect(problems).toHaveLength(4)
    expect(problems.join('\n')).toMatch(/demo\.set@a.*\n.*gate go.*\n.*observe w.*\n.*named part/)
  })

  it('a query may stand wherever it is needed, and an empty sequence too', async () => {
    const [query, nothing] = [find('q'), sequence()]
    const { plan: sealed } = await sealPlan(planOf(query, query, set('a', query.output.value), nothing, nothing))
    expect(Object.keys(sealed.values)).toEqual(['demo.find@q'])
  })

  it('two steps of one name are refused, and an id tells them apart', async () => {
    expect(await problemsOf(set('a'), set('a', 'other'))).toEqual(['two nodes are called "demo.set@a": give one of them { id }'])
    expect(await problemsOf(set('a', 1, { id: 'b' }), set('b', 2, { id: 'b' }))).toHaveLength(1)
    await sealPlan(planOf(set('a'), set('a', 'other', { id: 'a again' })))
    await sealPlan(planOf(named('first', set('a')), named('second', set('a'))))
  })

  it('two gates of one name are refused as well', async () => {
    const go = (): PlanNode<'none'> => gate.approval({ name: 'go', roles: ['x'] })
    expect(await problemsOf(go(), go())).toEqual(['two nodes are called "gate go": give one of them { id } by another name'])
  })
})

describe('options are plain data', () => {
  class Release {
    readonly tag = 'v1'
  }
  const holdsItself: Record<string, unknown> = {}
  holdsItself['me'] = [holdsItself]
  const deep = Array.from({ length: 200 }).reduce<unknown>((inner) => ({ inner }), 'x')

  it.each<[string, unknown, string]>([
    ['a Date', new Date(0), 'to: an object of class Date is no plain data'],
    ['a function', { run: () => 1 }, 'to.run: a function is no plain data'],
    ['a class instance', [new Release()], 'to[0]: an object of class Release is no plain data'],
    ['a big number', { deep: { id: 1n } }, 'to.deep.id: a bigint is no plain data'],
    ['NaN', Number.NaN, 'to: NaN is no plain data'],
    ['infinity', { ratio: Number.POSITIVE_INFINITY }, 'to.ratio: Infinity is no plain data'],
    ['a Map', new Map(), 'to: an object of class Map is no plain data'],
    ['bytes', new Uint8Array(1), 'to: an object of class Uint8Array is no plain data'],
    ['a symbol', Symbol('x'), 'to: a symbol is no plain data'],
    ['a promise', Promise.resolve(1), 'to: an object of class Promise is no plain data'],
    ['an Error', new Error('x'), 'to: an object of class Error is no plain data'],
    ['nothing in a list', ['a', undefined], 'to[1]: undefined is no plain data'],
    ['a list with a hole', Object.assign([], { length: 1 }), 'to[0]: undefined is no plain data'],
    ['something that holds itself', holdsItself, 'to.me[0]: holds itself'],
    ['something nested too deep', deep, 'is nested more than 100 levels deep'],
  ])('%s is refused by its place', async (_, value, says) => {
    const problems = await problemsOf(set('a', value))
    expect(problems).toEqual([expect.stringContaining(says)])
    expect(problems[0]).toContain('demo.set@a to')
  })

  it('also in messages and checks, and when nothing else is there', async () => {
    expect(await problemsOf(notice('a.b', new Date(0)))).toEqual([
      'a.b options: an object of class Date is no plain data, so it cannot be sealed into a plan',
    ])
    expect(await problemsOf(require(check('c', new Date(0))))).toEqual([
      expect.stringContaining('require demo.look@c [0].options.at: an object of class Date'),
    ])
  })

  it('what was left out, secrets and objects without a prototype are fine', async () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 })
    const { plan: sealed } = await sealPlan(
      planOf(set('a', { none: undefined, bare, url: secret('DB_URL'), list: [null, true, 'x', -0.5] })),
    )
    expect(JSON.stringify(sealed.tree)).toContain('"to":{"bare":{"a":1},"url":{"secret":"DB_URL"},"list":[null,true,"x",-0.5]}')
  })

  it('the same object in two places is no object that holds itself', async () => {
    const shared = { a: 1 }
    expect(await inputsOf(set('a', { one: shared, other: [shared, shared] }))).toEqual([])
  })
})

describe('queries rest on queries only', () => {
  it('an output of a step in a query is refused', async () => {
    const step = set('p')
    expect(await problemsOf(step, set('a', find('q', 'x', step.output.value).output.value))).toEqual([
      'demo.find@q from: uses the output "value" of a step: a query is asked before any step runs',
    ])
  })

  it('what cannot be sealed is refused in a query too', async () => {
    expect(await problemsOf(find('q', 'x', new Date(0)))).toEqual([expect.stringContaining('demo.find@q from: an object of class Date')])
  })
})

describe('all problems are told at once, and before anything is asked', () => {
  it('of every kind', async () => {
    const [twice, producer] = [set('t'), set('p')]
    const problems = await problemsOf(
      twice,
      twice,
      set('a'),
      set('a'),
      set('b', producer.output.value),
      set('c', new Date(0)),
      set('d', set('elsewhere').output.value),
      find('q', 'x', Number.NaN),
      producer,
    )
    expect(problems).toHaveLength(6)
    expect(asked.size).toBe(0)
  })

  it('but what a list holds is known only once it was expanded', async () => {
    const list = find('list', ['x', 'x'])
    expect(await problemsOf(forEach(list.output.names, (name) => set(name)))).toEqual([
      expect.stringContaining('two nodes are called "demo.set@x"'),
    ])
    expect(asked.get('list')).toBe(1)
  })
})

describe('what is no plan is refused', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a step', set('a')],
    ['a sequence', sequence(set('a'))],
    ['a text', 'plan.ts'],
    ['a module', { default: plan({ name: 'x', steps: sequence() }) }],
    ['a template', planTemplate({ name: 't', input: z.object({}), build: () => plan({ name: 'x', steps: sequence() }) })],
  ])('%s', async (_, value) => {
    const failure = await failureOf(() => sealPlan(value as Plan<Risk>))
    expect(failure).toMatchObject({ code: 'PLAN_INVALID', message: 'This is no plan' })
    expect(failure.hint).toContain('template.build(input)')
  })

  it('nesting deeper than 500 levels is refused with a hint', async () => {
    let node: PlanNode<Risk> = set('a')
    for (let level = 0; level < 600; level++) node = sequence(node)
    const failure = await failureOf(() => sealPlan(planOf(node)))
    expect(failure).toMatchObject({ code: 'PLAN_INVALID', hint: expect.stringContaining('side by side') })
  })
})

describe('always changes nothing, whatever the types were told', () => {
  it('a list in it is looked at once it is known', async () => {
    const list = find('list', ['x'])
    const sneaky = forEach(list.output.names, () => risky('a', 'data-loss')) as unknown as PlanNode<'none'>
    const failure = await failureOf(() => sealPlan(plan({ name: 'x', steps: sequence(), always: [sneaky] })))
    expect(failure.message).toBe('plan x: demo.set@a stands in always and is data-loss: always may not change the world')
  })
})
