import {
  allLeaves,
  during,
  forEach,
  is,
  named,
  notice,
  observe,
  type Output,
  type Plan,
  plan,
  type PlanNode,
  require,
  type Risk,
  type SealedPlan,
  sequence,
  together,
  when,
} from '@backstep/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { failureOf } from '../define/failure-of.ts'
import { asked, check, find, risky, set } from './nodes.ts'
import { sealPlan } from './sealed.ts'

const planOf = (...nodes: readonly PlanNode<Risk>[]): Plan<Risk> => plan({ name: 'x', steps: sequence(...nodes) })
const sealedOf = async (...nodes: readonly PlanNode<Risk>[]): Promise<SealedPlan> => (await sealPlan(planOf(...nodes))).plan
const idsOf = (sealed: SealedPlan): readonly string[] => allLeaves(sealed).map(({ id }) => id)

beforeEach(() => asked.clear())

describe('queries', () => {
  it('are asked once, however often their outputs are used', async () => {
    const query = find('q')
    const sealed = await sealedOf(set('a', query.output.value), set('b', [query.output.value]), require(check('c', query.output.value)))
    expect(asked).toEqual(new Map([['q', 1]]))
    expect(sealed.values).toEqual({ 'demo.find@q': { value: 'found', names: [] } })
    expect(allLeaves(sealed)[0]).toMatchObject({
      inputs: ['demo.find@q.value'],
      options: { name: 'a', to: { output: 'demo.find@q.value' } },
    })
  })

  it('that ask the same share one answer and one id, and each of their outputs is known by it', async () => {
    const [first, second] = [find('q'), find('q')]
    const { plan: sealed, idOf } = await sealPlan(planOf(set('a', first.output.value), set('b', second.output.value)))
    expect(asked.get('q')).toBe(1)
    expect(allLeaves(sealed).flatMap(({ inputs }) => inputs)).toEqual(['demo.find@q.value', 'demo.find@q.value'])
    expect([idOf.get(first), idOf.get(second)]).toEqual(['demo.find@q', 'demo.find@q'])
  })

  it('of one target that ask something else keep apart', async () => {
    const sealed = await sealedOf(set('a', find('q', 'one').output.value), set('b', find('q', 'other').output.value))
    expect(asked.get('q')).toBe(2)
    expect(Object.keys(sealed.values)).toEqual(['demo.find@q', expect.stringMatching(/^demo\.find@q \([0-9a-f]{8}\)$/)])
  })

  it('that rest on others are asked after them, also when only these are used', async () => {
    const first = find('first')
    const second = find('second', 'found', first.output.value)
    const third = find('third', 'found', second.output.value)
    await sealedOf(set('a', third.output.value))
    expect([...asked.keys()]).toEqual(['first', 'second', 'third'])
  })

  it('are asked although only a condition needs them', async () => {
    const query = find('q', 'x')
    const sealed = await sealedOf(when(is(query.output.value as Output<string, 'prepare'>, 'x'), set('a')))
    expect(sealed.tree).toMatchObject({
      children: [{ children: [{ type: 'choose', conditions: [{ test: 'is', output: 'demo.find@q.value', value: 'x' }] }] }],
    })
  })

  it('whose answers are known are not asked again', async () => {
    const told: string[] = []
    const known = { 'demo.find@q': { value: 'sealed earlier', names: [] } }
    const { plan: sealed } = await sealPlan(planOf(set('a', find('q').output.value), set('b', find('other').output.value)), {
      known,
      onQuery: (id) => told.push(id),
    })
    expect(sealed.values['demo.find@q']).toEqual({ value: 'sealed earlier', names: [] })
    expect(told).toEqual(['demo.find@other'])
    expect([...asked.keys()]).toEqual(['other'])
  })

  it('that fail fail the seal, with what they threw', async () => {
    const ask = (): Promise<never> => Promise.reject(new Error('no network'))
    await expect(sealPlan(planOf(set('a', find('q').output.value)), { ask })).rejects.toThrow('no network')
  })

  it('whose answer leaves out what a list needs are named', async () => {
    const query = find('q', 'x')
    const ask = async () => ({ value: 'x' })
    const failure = await failureOf(() => sealPlan(planOf(forEach(query.output.names, (name) => set(name))), { ask }))
    expect(failure).toMatchObject({ code: 'OUTPUT_NOT_KNOWN', message: 'The query "demo.find@q" gave no "names"' })
  })
})

describe('forEach', () => {
  it('of a list is one node per item, beside each other', async () => {
    const sealed = await sealedOf(forEach(['a', 'b'], (name) => set(name)))
    expect(sealed.tree).toMatchObject({
      children: [{ children: [{ type: 'together', children: [{ id: 'demo.set@a' }, { id: 'demo.set@b' }] }] }],
    })
  })

  it('of a query is expanded with its answer', async () => {
    const list = find('list', ['a', 'b', 'c'])
    const sealed = await sealedOf(forEach(list.output.names, (name) => sequence(set(name), set(`${name} again`))))
    expect(idsOf(sealed)).toHaveLength(6)
    expect(asked.get('list')).toBe(1)
  })

  it('of an empty answer is nothing to do', async () => {
    expect(
      idsOf(
        await sealedOf(
          forEach(find('list', []).output.names, (name) => set(name)),
          set('z'),
        ),
      ),
    ).toEqual(['demo.set@z'])
  })

  it('may ask again inside, for each item', async () => {
    const outer = find('outer', ['a', 'b'])
    const sealed = await sealedOf(
      forEach(outer.output.names, (name) =>
        forEach(find(`inner of ${name}`, [`${name}1`, `${name}2`]).output.names, (inner) => set(inner)),
      ),
    )
    expect(idsOf(sealed)).toEqual(['demo.set@a1', 'demo.set@a2', 'demo.set@b1', 'demo.set@b2'])
    expect([...asked.values()]).toEqual([1, 1, 1])
  })

  it('of something that is no list is refused', async () => {
    const query = find('q', 'x')
    const wrong = query.output.value as unknown as Output<readonly string[], 'prepare'>
    const failure = await failureOf(() => sealPlan(planOf(forEach(wrong, (name) => set(name)))))
    expect(failure).toMatchObject({ code: 'PLAN_INVALID', message: 'forEach was given string, not a list' })
  })

  it('never holds a point of no return, whatever the types were told', async () => {
    expect(await failureOf(() => forEach(['a'], () => risky('a', 'point-of-no-return')))).toMatchObject({ code: 'PLAN_INVALID' })
    const list = find('list', ['a'])
    const failure = await failureOf(() => sealPlan(planOf(forEach(list.output.names, () => risky('a', 'point-of-no-return')))))
    expect(failure.message).toContain('forEach holds a point of no return')
  })
})

describe('a sealed plan', () => {
  it('keeps what its author said about it', async () => {
    const { plan: sealed } = await sealPlan(
      plan({
        name: 'shop',
        summary: 'Orders work.',
        severity: { level: 'sev1', decision: 'confirm' },
        onFailure: 'compensate',
        timeBudget: { decide: '5m' },
        links: [{ title: 'runbook', url: 'https://wiki/shop' }],
        steps: set('a'),
        always: [notice('report.incident', { id: 'P-1' })],
      }),
    )
    expect(sealed).toMatchObject({
      format: 'backstep-plan/v1',
      name: 'shop',
      summary: 'Orders work.',
      severity: { level: 'sev1', decision: 'confirm' },
      onFailure: 'compensate',
      timeBudget: { decide: '5m' },
      links: [{ title: 'runbook', url: 'https://wiki/shop' }],
      always: [{ type: 'notice', id: 'report.incident' }],
    })
    expect(sealed).not.toHaveProperty('template')
  })

  it('names nested plans and named parts in ids, and finds the code behind each', async () => {
    const step = set('a')
    const { plan: sealed, registry, idOf } = await sealPlan(planOf(plan({ name: 'inner', steps: named('part', step) }), set('a')))
    expect(idsOf(sealed)).toEqual(['inner/part/demo.set@a', 'demo.set@a'])
    expect(registry.get('inner/part/demo.set@a')).toBe(step)
    expect(idOf.get(step)).toBe('inner/part/demo.set@a')
  })

  it('keeps promises of steps, times and attempts of leaves', async () => {
    const step = set('a', undefined, { timeout: '90s', attempts: 2 })
    const lasting: typeof step = {
      ...step,
      traits: { ...step.traits, idempotency: 'none', fencing: 'lease-only', layer: 'schema' },
      settings: {},
    }
    const sealed = await sealedOf(
      step,
      together(lasting as never).risk.length > 0 ? { ...lasting, target: { system: 'demo', name: 'b' } } : lasting,
      observe({ name: 'w', checks: [check('c')], for: '1m', deadline: '5m', every: '10s' }),
    )
    const [first, second, third] = allLeaves(sealed)
    expect(first).toMatchObject({
      target: 'demo:a',
      timeoutMs: 90_000,
      attempts: 2,
      idempotency: 'natural',
      fencing: 'conditional-write',
      canUndo: true,
    })
    expect(first).not.toHaveProperty('layer')
    expect(second).toMatchObject({ timeoutMs: 300_000, attempts: 1, idempotency: 'none', fencing: 'lease-only', layer: 'schema' })
    expect(third).toMatchObject({ type: 'observe', target: 'w', forMs: 60_000, deadlineMs: 300_000, everyMs: 10_000 })
  })

  it('enters a scope, does the body and leaves it', async () => {
    const scope = set('scope')
    const stops: typeof scope = { ...scope, traits: { ...scope.traits, stopsWriters: true } }
    const sealed = await sealedOf(during(stops, set('a')))
    expect(allLeaves(sealed)).toMatchObject([
      { type: 'step', id: 'demo.set@scope', stopsWriters: true },
      { type: 'step', id: 'demo.set@a' },
      { type: 'release', id: 'demo.set@scope release', of: 'demo.set@scope', canUndo: true },
    ])
    expect(allLeaves(sealed)[2]).not.toHaveProperty('stopsWriters')
  })

  it('has a hash over all of it', async () => {
    const base = await sealedOf(set('a', 'v1'))
    expect((await sealedOf(set('a', 'v1'))).hash).toBe(base.hash)
    for (const other of [
      await sealedOf(set('a', 'v2')),
      await sealedOf(set('a', 'v1', { timeout: '1m' })),
      await sealedOf(set('a', 'v1'), notice('a.b', {})),
      (await sealPlan(plan({ name: 'y', steps: sequence(set('a', 'v1')) }))).plan,
      (await sealPlan(plan({ name: 'x', onFailure: 'compensate', steps: sequence(set('a', 'v1')) }))).plan,
    ])
      expect(other.hash).not.toBe(base.hash)
  })

  it('does not mix up an output with an option that looks like one', async () => {
    const looksAlike = { output: 'demo.set@p.value' }
    const nested = await failureOf(() => sealPlan(planOf(set('p'), set('a', [looksAlike]))))
    expect(nested).toMatchObject({
      code: 'PLAN_INVALID',
      message: expect.stringContaining('demo.set@a to[0]: an object with nothing but "output"'),
    })
    expect(await failureOf(() => sealPlan(planOf(notice('a.b', looksAlike))))).toMatchObject({ code: 'PLAN_INVALID' })
    await sealPlan(planOf(set('a', { output: 'text', more: 1 }), notice('a.b', { output: 'text', more: 1 })))
  })
})
