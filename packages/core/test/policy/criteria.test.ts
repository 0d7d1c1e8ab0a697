import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checklistOf } from '../../src/policy/checklist.ts'
import {
  defineCriteria,
  describeTarget,
  judgeCriteria,
  judgeTarget,
  type CriteriaResults,
  type CriterionTarget,
} from '../../src/policy/criteria.ts'
import { predeployCriteria, quickCard } from '../../src/policy/readiness-criteria.ts'
import { runbookGroups, successCriteria, type SuccessCriterion } from '../../src/policy/standard-criteria.ts'

const required: readonly SuccessCriterion[] = [
  'running-target',
  'pods-ready',
  'no-restarts',
  'health-up',
  'error-rate',
  'response-time',
  'critical-tests',
  'no-alerts',
  'no-critical-logs',
]
const good = Object.fromEntries(required.map((id) => [id, { status: 'healthy' }])) as CriteriaResults<SuccessCriterion>

describe('success is all of them', () => {
  it('is healthy when every required criterion is', () => {
    const judgement = judgeCriteria(successCriteria, good)
    expect(judgement).toMatchObject({
      status: 'healthy',
      missing: [],
      warnings: [{ id: 'stakeholder-confirmed', status: 'unknown', detail: 'nobody has looked' }],
    })
  })

  it.each(required)('is not healthy without %s', (id) => {
    expect(judgeCriteria(successCriteria, { ...good, [id]: undefined })).toMatchObject({
      status: 'unknown',
      missing: [{ id, status: 'unknown', detail: 'nobody has looked' }],
    })
    expect(judgeCriteria(successCriteria, { ...good, [id]: { status: 'unknown', detail: 'no data' } })).toMatchObject({
      status: 'unknown',
      missing: [{ id, detail: 'no data' }],
    })
    expect(judgeCriteria(successCriteria, { ...good, [id]: { status: 'progressing' } }).status).toBe('unknown')
    expect(judgeCriteria(successCriteria, { ...good, [id]: { status: 'unhealthy' } }).status).toBe('unhealthy')
  })

  it('is unhealthy as soon as one is, whatever is missing beside', () => {
    const judgement = judgeCriteria(successCriteria, { 'error-rate': { status: 'unhealthy', detail: '7 %' } })
    expect(judgement.status).toBe('unhealthy')
    expect(judgement.missing).toHaveLength(required.length)
    expect(judgement.missing).toContainEqual({
      id: 'error-rate',
      group: 'health',
      title: 'Share of failing requests',
      status: 'unhealthy',
      detail: '7 %',
    })
  })

  it('fails on a clear no to what is optional', () => {
    const judgement = judgeCriteria(successCriteria, {
      ...good,
      'stakeholder-confirmed': { status: 'unhealthy', detail: 'orders are still missing' },
    })
    expect(judgement).toMatchObject({ status: 'unhealthy', warnings: [], missing: [{ id: 'stakeholder-confirmed' }] })
  })

  it('is not fooled by what every object has', () => {
    const criteria = defineCriteria({
      name: 'x',
      title: 'x',
      groups: [{ name: 'g', title: 'g', criteria: [{ id: 'constructor', title: 'x', target: { target: 'none' } }] }],
    })
    expect(judgeCriteria(criteria, {}).status).toBe('unknown')
  })
})

it('never calls a set healthy while one required criterion is anything but healthy', () => {
  const status = fc.constantFrom('healthy', 'healthy', 'healthy', 'unhealthy', 'unknown', 'progressing', undefined)
  fc.assert(
    fc.property(fc.tuple(...required.map(() => status)), (statuses) => {
      const results = Object.fromEntries(
        required.map((id, index) => [id, statuses[index] === undefined ? undefined : { status: statuses[index] }]),
      )
      const expected = statuses.includes('unhealthy') ? 'unhealthy' : statuses.every((entry) => entry === 'healthy') ? 'healthy' : 'unknown'
      const judgement = judgeCriteria(successCriteria, results as CriteriaResults<SuccessCriterion>)
      expect(judgement.status).toBe(expected)
      expect(judgement.missing.length).toBe(statuses.filter((entry) => entry !== 'healthy').length)
    }),
    { seed: 20260505, numRuns: 400 },
  )
})

describe('one measured value', () => {
  it.each<[CriterionTarget, unknown, string]>([
    [{ target: 'is', value: 'UP' }, 'UP', 'healthy'],
    [{ target: 'is', value: 'UP' }, 'DOWN', 'unhealthy'],
    [{ target: 'is', value: true }, 'true', 'unknown'],
    [{ target: 'one-of', values: [200, 404] }, 404, 'healthy'],
    [{ target: 'one-of', values: [200, 404] }, 500, 'unhealthy'],
    [{ target: 'one-of', values: [200, 404] }, '200', 'unknown'],
    [{ target: 'below', value: 0.01, unit: 'share' }, 0.0099, 'healthy'],
    [{ target: 'below', value: 0.01 }, 0.01, 'unhealthy'],
    [{ target: 'below', value: 0.01 }, -1, 'unknown'],
    [{ target: 'below', value: 500 }, Number.POSITIVE_INFINITY, 'unhealthy'],
    [{ target: 'at-most', value: 5 }, 5, 'healthy'],
    [{ target: 'at-most', value: 5 }, 6, 'unhealthy'],
    [{ target: 'at-least', value: 1 }, 1, 'healthy'],
    [{ target: 'at-least', value: 1 }, 0.99, 'unhealthy'],
    [{ target: 'at-least', value: 1 }, Number.POSITIVE_INFINITY, 'unknown'],
    [{ target: 'below', value: 5 }, '3', 'unknown'],
    [{ target: 'none' }, 0, 'healthy'],
    [{ target: 'none' }, 2, 'unhealthy'],
    [{ target: 'none' }, [], 'unknown'],
    [{ target: 'none' }, -1, 'unknown'],
    [{ target: 'confirmed' }, true, 'healthy'],
    [{ target: 'confirmed' }, false, 'unhealthy'],
    [{ target: 'confirmed' }, 'yes', 'unknown'],
    [{ target: 'below', value: 1 }, Number.NaN, 'unknown'],
    [{ target: 'none' }, undefined, 'unknown'],
    [{ target: 'is', value: true }, null, 'unknown'],
  ])('%j with %s is %s', (target, measured, status) => {
    expect(judgeTarget(target, measured)).toBe(status)
  })

  it.each<[CriterionTarget, string]>([
    [{ target: 'below', value: 0.01, unit: 'share' }, 'below 1 %'],
    [{ target: 'at-most', value: 500, unit: 'ms' }, 'at most 500 ms'],
    [{ target: 'at-least', value: 3 }, 'at least 3'],
    [{ target: 'one-of', values: [200, 404] }, 'one of 200, 404'],
    [{ target: 'is', value: 'UP' }, 'UP'],
    [{ target: 'none' }, 'none'],
    [{ target: 'confirmed', role: 'qa' }, 'confirmed by qa'],
    [{ target: 'confirmed' }, 'confirmed'],
  ])('%j reads "%s"', (target, text) => {
    expect(describeTarget(target)).toBe(text)
  })
})

describe('a set that cannot be judged is refused', () => {
  const one = { id: 'a', title: 'A', target: { target: 'none' } } as const
  const group = { name: 'g', title: 'G', criteria: [one] } as const
  it.each<[string, readonly object[], string]>([
    ['empty', [], 'nothing is required'],
    ['only optional', [{ ...group, criteria: [{ ...one, optional: true }] }], 'nothing is required'],
    ['an id twice', [group, { ...group, name: 'h' }], 'a stands there twice'],
    ['a group twice', [group, { ...group, criteria: [{ ...one, id: 'b' }] }], 'the group g stands there twice'],
    ['no time', [{ ...group, criteria: [{ ...one, for: '0s' }] }], 'criteria x, a.for'],
    ['no number', [{ ...group, criteria: [{ ...one, target: { target: 'below', value: Number.NaN } }] }], 'its target is no number'],
    ['no value', [{ ...group, criteria: [{ ...one, target: { target: 'one-of', values: [] } }] }], 'it can never be met'],
  ])('%s', (_, groups, message) => {
    const make = () => defineCriteria({ name: 'x', title: 'X', groups: groups as never })
    expect(make).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
    expect(make).toThrow(message)
  })

  it('every group of a runbook can be used', () => {
    expect(() => defineCriteria({ name: 'all', title: 'All', groups: Object.values(runbookGroups) })).not.toThrow()
  })
})

describe('a checklist is made from what is judged', () => {
  it('shows every criterion with its target and its state', () => {
    const list = checklistOf(successCriteria, {
      'pods-ready': { status: 'healthy' },
      'error-rate': { status: 'unhealthy', detail: '7 %' },
      'no-alerts': { status: 'unknown' },
      'health-up': { status: 'progressing' },
    })
    expect(list).toMatchObject({ title: 'The rollback is done', done: 1, total: 10 })
    const items = list.sections.flatMap((section) => section.items)
    expect(items).toContainEqual({
      id: 'error-rate',
      title: 'Share of failing requests',
      target: 'below 1 %',
      for: '15m',
      optional: false,
      state: 'failed',
      detail: '7 %',
    })
    expect(items).toContainEqual({ id: 'pods-ready', title: 'Every instance is ready', optional: false, state: 'done' })
    expect(items.find(({ id }) => id === 'no-alerts')?.state).toBe('unknown')
    expect(items.find(({ id }) => id === 'health-up')?.state).toBe('open')
    expect(items.find(({ id }) => id === 'stakeholder-confirmed')).toMatchObject({ optional: true, state: 'open' })
  })

  it('holds nine points before a release and fifteen for a whole incident', () => {
    expect(checklistOf(predeployCriteria).total).toBe(9)
    expect(checklistOf(quickCard)).toMatchObject({ total: 15, done: 0 })
  })
})
