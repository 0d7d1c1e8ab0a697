import {
  during,
  fallback,
  gate,
  is,
  notice,
  observe,
  optional,
  plan,
  type PlanNode,
  require,
  type Risk,
  route,
  sequence,
  together,
  when,
} from '@backstep/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { failureOf } from '../define/failure-of.ts'
import { asked, check, find, set } from './nodes.ts'
import { inputsOf, problemsOf, sealPlan } from './sealed.ts'

beforeEach(() => asked.clear())

describe('an output is known when it is used', () => {
  const producer = set('p')
  const { value } = producer.output
  const producers = (): { readonly made: ReturnType<typeof set>; readonly value: unknown } => {
    const made = set('p')
    return { made, value: made.output.value }
  }

  it('not before its step', async () => {
    expect(await problemsOf(set('a', value), producer)).toEqual(['demo.set@a uses demo.set@p.value too early: it runs after it'])
  })

  it('not beside it', async () => {
    expect(await problemsOf(together(producer, set('a', value)))).toEqual(['demo.set@a uses demo.set@p.value too early: it runs beside it'])
    const { made, value: deep } = producers()
    expect(await problemsOf(together(sequence(made), sequence(set('b'), set('a', deep))))).toEqual([
      'demo.set@a uses demo.set@p.value too early: it runs beside it',
    ])
  })

  it.each<[string, (made: PlanNode<'reversible'>) => PlanNode<Risk>, string]>([
    ['a branch', (made) => when(is(find('q').output.value as never, 'x' as never), made), 'it stands in a branch that may not be taken'],
    ['an alternative', (made) => fallback(made, set('b')), 'it stands in an alternative that may not be taken'],
    ['an optional part', (made) => optional(made), 'it stands in an optional part that may be put back'],
  ])('not out of %s', async (_, around, why) => {
    const { made, value: inside } = producers()
    expect(await problemsOf(around(made), set('a', inside))).toEqual([`demo.set@a uses demo.set@p.value too early: ${why}`])
  })

  it('not in another branch or alternative', async () => {
    const decision = gate.decision({ name: 'd', role: 'x', options: ['one', 'other'], timeBox: '5m', onTimeout: 'one' })
    const [first, second] = [producers(), producers()]
    expect(await problemsOf(decision, route(decision.output.answer, { one: first.made, other: set('a', first.value) }))).toEqual([
      'demo.set@a uses demo.set@p.value too early: it stands in another branch',
    ])
    expect(await problemsOf(fallback(second.made, set('a', second.value)))).toEqual([
      'demo.set@a uses demo.set@p.value too early: it stands in another branch',
    ])
  })

  it('not in always, which also runs when the step never did', async () => {
    const { made, value: inside } = producers()
    const failure = await failureOf(() => sealPlan(plan({ name: 'x', steps: made, always: [notice('a.b', { inside })] })))
    expect(failure.message).toBe('plan x: a.b uses demo.set@p.value too early: always runs at any end, also when that step never ran')
  })

  it('not of a step that is not in the plan', async () => {
    expect(await problemsOf(set('a', set('elsewhere').output.value))).toEqual([
      'demo.set@a to: uses the output "value" of a step that is not in this plan',
    ])
  })

  it('nor in a condition, a check, an observation or a message', async () => {
    const { made, value: later } = producers()
    const problems = await problemsOf(
      when(is(later as never, 'x' as never), set('a')),
      require(check('c', later)),
      observe({ name: 'w', checks: [check('c', later)], deadline: '5m' }),
      notice('a.b', { deep: [{ later }] }),
      made,
    )
    expect(problems.map((problem) => problem.replace(/ uses .*/, ''))).toEqual([
      expect.stringMatching(/^choose:\d+ condition$/),
      'require demo.look@c',
      'observe w',
      'a.b',
    ])
  })

  it.each<[string, (made: PlanNode<'reversible'>, use: PlanNode<'reversible'>) => PlanNode<Risk>]>([
    ['after it', (made, use) => sequence(made, use)],
    ['after the group that it stands in', (made, use) => sequence(together(made, set('b')), use)],
    ['deeper than it', (made, use) => sequence(made, fallback(use, set('b')))],
    ['in its own branch', (made, use) => when(is(find('q').output.value as never, 'x' as never), sequence(made, use))],
    ['inside the scope that it enters', (made, use) => during(made as never, use)],
    ['after a nested plan', (made, use) => sequence(plan({ name: 'inner', steps: made }), use)],
  ])('%s it is', async (_, compose) => {
    const { made, value: inside } = producers()
    expect(await inputsOf(compose(made, set('a', inside)))).toEqual([expect.stringMatching(/demo\.set@p\.value$/)])
  })
})
