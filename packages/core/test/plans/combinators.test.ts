import {
  during,
  fallback,
  forEach,
  gate,
  named,
  notice,
  observe,
  onFailure,
  optional,
  type Plan,
  plan,
  planTemplate,
  type PlanNode,
  require,
  route,
  sequence,
  together,
  togetherAtMost,
  when,
  is,
} from '@backstep/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { failureOf } from '../define/failure-of.ts'
import { check, find, risky, set } from './nodes.ts'

type Loose = (...args: readonly unknown[]) => unknown
const loosely = (call: unknown): Loose => call as Loose

const compositions: readonly (readonly [string, (node: unknown) => unknown])[] = [
  ['sequence', (node) => loosely(sequence)(set('a'), node)],
  ['together', (node) => loosely(together)(node)],
  ['togetherAtMost', (node) => loosely(togetherAtMost)(2, node)],
  ['fallback', (node) => loosely(fallback)(node)],
  ['when', (node) => loosely(when)(is(find('q').output.value as never, 'x' as never), node)],
  ['route', (node) => loosely(route)(find('q').output.value, { x: node })],
  ['during', (node) => loosely(during)(set('scope'), node)],
  ['forEach', (node) => loosely(forEach)(['a'], () => node)],
  ['named', (node) => loosely(named)('part', node)],
  ['onFailure', (node) => loosely(onFailure)('halt', node)],
  ['optional', (node) => loosely(optional)(node)],
  ['plan', (node) => loosely(plan)({ name: 'x', steps: node })],
  ['always', (node) => loosely(plan)({ name: 'x', steps: sequence(), always: [node] })],
]
const mistakes: readonly (readonly [string, unknown, string])[] = [
  ['nothing', undefined, 'undefined'],
  ['a text', 'rollback', 'rollback'],
  ['a factory that was not called', set, 'a function'],
  ['a list that was not spread', [set('b')], 'a list'],
  ['a check that nobody asks', check('c'), 'a check'],
  [
    'a template that was not built',
    planTemplate({ name: 't', input: z.object({}), build: () => plan({ name: 'x', steps: sequence() }) }),
    'a plan template',
  ],
  ['any other object', { step: 'a' }, 'an object'],
]

describe('only nodes are composed', () => {
  it.each(compositions.flatMap(([where, compose]) => mistakes.map(([what, value, says]) => ({ where, compose, what, value, says }))))(
    '$where refuses $what',
    async ({ compose, value, says }) => {
      const failure = await failureOf(() => compose(value))
      expect(failure).toMatchObject({ code: 'PLAN_INVALID', message: expect.stringContaining(`${says}, which is no node of a plan`) })
    },
  )

  it('says which of several it is', async () => {
    expect((await failureOf(() => loosely(sequence)(set('a'), set('b'), undefined))).message).toBe(
      'sequence: number 3 is undefined, which is no node of a plan',
    )
  })
})

describe('a composition that makes no sense is refused when it is made', () => {
  it.each<[string, () => unknown, string, string]>([
    ['a fallback without alternatives', () => fallback(), 'PLAN_INVALID', 'at least one alternative'],
    ['a route without branches', () => loosely(route)(find('q').output.value, {}), 'PLAN_INVALID', 'a branch per value'],
    ['none at a time', () => togetherAtMost(0), 'PLAN_INVALID', 'maxParallel'],
    ['half at a time', () => togetherAtMost(1.5), 'PLAN_INVALID', 'maxParallel'],
    ['a policy that does not exist', () => loosely(onFailure)('continue', set('a')), 'OPTIONS_INVALID', 'onFailure "continue" is unknown'],
    ['a scope that is no step', () => loosely(during)(sequence(set('a')), set('b')), 'PLAN_INVALID', 'the scope is a group'],
    [
      'a scope that cannot be left',
      () => during({ ...set('a'), compensate: undefined } as never, set('b')),
      'PLAN_INVALID',
      'cannot be left again',
    ],
    ['a scope that loses data', () => during(risky('a', 'data-loss'), set('b')), 'PLAN_INVALID', 'cannot be left again'],
    [
      'a point of no return beside others',
      () => together(set('a'), risky('b', 'point-of-no-return')),
      'PLAN_INVALID',
      'point of no return',
    ],
    [
      'a point of no return, some at a time',
      () => togetherAtMost(2, risky('b', 'point-of-no-return')),
      'PLAN_INVALID',
      'point of no return',
    ],
    ['an optional point of no return', () => optional(sequence(risky('b', 'point-of-no-return'))), 'PLAN_INVALID', 'point of no return'],
    ['a name with a slash', () => named('a/b', set('a')), 'OPTIONS_INVALID', '"a/b" cannot be used'],
    ['an empty name', () => named('', set('a')), 'OPTIONS_INVALID', 'cannot be used'],
  ])('%s', async (_, make, code, says) => {
    expect(await failureOf(make)).toMatchObject({ code, effect: 'none', message: expect.stringContaining(says) })
  })
})

describe('a plan that makes no sense is refused when it is made', () => {
  const good = { name: 'x', steps: sequence() }
  it.each<[string, object, string, string]>([
    ['an unknown field', { ...good, onError: 'halt' }, 'OPTIONS_INVALID', 'plan x: unknown field "onError"'],
    ['an unknown policy', { ...good, onFailure: 'continue' }, 'OPTIONS_INVALID', 'plan x: onFailure "continue" is unknown'],
    ['no name', { steps: sequence() }, 'OPTIONS_INVALID', 'plan: the name undefined cannot be used'],
    ['a name with a line break', { ...good, name: 'a\nb' }, 'OPTIONS_INVALID', 'cannot be used'],
    [
      'a time budget without a unit',
      { ...good, timeBudget: { decide: '5' } },
      'OPTIONS_INVALID',
      'plan x: timeBudget.decide: "5" is no duration',
    ],
    ['a change in always', { ...good, always: [set('a')] }, 'PLAN_INVALID', 'plan x: always holds a node that changes the world'],
  ])('%s', async (_, definition, code, says) => {
    expect(await failureOf(() => loosely(plan)(definition))).toMatchObject({ code, message: expect.stringContaining(says) })
  })

  it('what is done to the definition afterwards is no part of it', () => {
    const definition = { name: 'x', summary: 'first', steps: set('a') }
    const made = plan(definition) as unknown as { readonly definition: { readonly summary: string } }
    definition.summary = 'changed later'
    expect(made.definition.summary).toBe('first')
  })
})

describe('a check, an observation or a message that makes no sense is refused when it is made', () => {
  const watch = { checks: [check('c')], deadline: '5m' } as const
  it.each<[string, () => unknown, string, string]>([
    ['nothing required', () => require(), 'PLAN_INVALID', 'require needs at least one check'],
    ['a step required', () => loosely(require)(set('a')), 'PLAN_INVALID', 'require was given an object, which is no check'],
    ['a list required', () => loosely(require)([check('c')]), 'PLAN_INVALID', 'require was given a list'],
    ['nothing required among checks', () => loosely(require)(check('c'), undefined), 'PLAN_INVALID', 'require was given undefined'],
    ['nothing observed', () => observe({ ...watch, checks: [] }), 'PLAN_INVALID', 'observe needs at least one check'],
    ['no list of checks', () => loosely(observe)({ deadline: '5m' }), 'PLAN_INVALID', 'observe needs at least one check'],
    ['no deadline', () => loosely(observe)({ checks: [check('c')] }), 'OPTIONS_INVALID', 'observe demo.look: deadline'],
    ['a deadline without a unit', () => loosely(observe)({ ...watch, name: 'w', deadline: '5' }), 'OPTIONS_INVALID', 'observe w: deadline'],
    ['a deadline that is over at once', () => observe({ ...watch, deadline: '0s' }), 'OPTIONS_INVALID', 'deadline'],
    ['looks without a pause', () => observe({ ...watch, every: '0s' }), 'OPTIONS_INVALID', 'every'],
    [
      'longer than its deadline',
      () => observe({ ...watch, for: '10m' }),
      'PLAN_INVALID',
      'for 10m cannot be reached before the deadline 5m',
    ],
    ['a misspelt field', () => loosely(observe)({ ...watch, evry: '5s' }), 'OPTIONS_INVALID', 'unknown field "evry"'],
    ['a name with a slash', () => observe({ ...watch, name: 'a/b' }), 'OPTIONS_INVALID', 'cannot be used'],
    ['a message without a package', () => loosely(notice)('slack', {}), 'OPTIONS_INVALID', 'the kind "slack" cannot be used'],
  ])('%s', async (_, make, code, says) => {
    expect(await failureOf(make)).toMatchObject({ code, message: expect.stringContaining(says) })
  })
})

describe('a gate that nobody could answer rightly is refused when it is made', () => {
  const approval = { name: 'go', roles: ['lead'] }
  const list = { name: 'go', role: 'qa', checklist: ['log in'], timeout: '30m' }
  const choice = { name: 'go', role: 'lead', options: ['a', 'b'], timeBox: '5m', onTimeout: 'escalate' }
  const asks = gate as unknown as Readonly<Record<'approval' | 'manualCheck' | 'decision', Loose>>
  it.each<[string, keyof typeof asks, object, string]>([
    ['an approval of nobody', 'approval', { ...approval, roles: [] }, 'gate go: nobody may approve'],
    ['of one role twice', 'approval', { ...approval, roles: ['lead', 'lead'] }, 'stands there twice'],
    ['by no people', 'approval', { ...approval, quorum: 0 }, 'a quorum of 0 cannot be counted'],
    ['by half a person', 'approval', { ...approval, quorum: 0.5 }, 'a quorum of 0.5 cannot be counted'],
    ['that expires without a unit', 'approval', { ...approval, expires: '15' }, 'gate go.expires'],
    ['with a misspelt field', 'approval', { ...approval, qourum: 2 }, 'unknown field "qourum"'],
    ['a manual check of nothing', 'manualCheck', { ...list, checklist: [] }, 'an item of the checklist is missing or empty'],
    ['with an empty item', 'manualCheck', { ...list, checklist: ['log in', ' '] }, 'an item of the checklist is missing or empty'],
    ['with an item twice', 'manualCheck', { ...list, checklist: ['log in', 'log in'] }, '"log in" stands there twice'],
    ['without an end', 'manualCheck', { ...list, timeout: undefined }, 'gate go: timeout'],
    ['a decision between nothing', 'decision', { ...choice, options: [] }, 'an option is missing or empty'],
    ['between the same', 'decision', { ...choice, options: ['a', 'a'] }, '"a" stands there twice'],
    ['without an end', 'decision', { ...choice, timeBox: '0s' }, 'gate go: timeBox'],
    ['that takes what nobody offered', 'decision', { ...choice, onTimeout: 'c' }, 'onTimeout "c" is none of its options'],
    ['a name with a slash', 'decision', { ...choice, name: 'a/b' }, 'cannot be used'],
  ])('%s', async (_, ask, options, says) => {
    const failure = await failureOf(() => asks[ask](options))
    expect(['OPTIONS_INVALID', 'PLAN_INVALID']).toContain(failure.code)
    expect(failure.message).toContain(says)
  })
})

describe('risk is the union over what is composed', () => {
  it('at run time as in the type', () => {
    const node: PlanNode<'none' | 'reversible'> = sequence(notice('a.b', {}), set('a'), named('p', set('b')))
    expect(node.risk).toEqual(['none', 'reversible'])
    expect(sequence().risk).toEqual([])
    const made: Plan<'reversible'> = plan({ name: 'x', steps: together(set('a'), set('b')) })
    expect(made.risk).toEqual(['reversible'])
  })
})
