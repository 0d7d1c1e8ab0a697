import { describe, expect, it } from 'vitest'
import type { Decision } from '../../src/policy/decision.ts'
import { defineSeverity } from '../../src/policy/define-severity.ts'
import { describeCondition, judgeCondition, type FactCondition } from '../../src/policy/facts.ts'
import type { SeverityLevel } from '../../src/policy/severity-level.ts'
import { strategiesOf } from '../../src/policy/start-ruling.ts'
import { standardSeverity } from '../../src/policy/standard-severity.ts'

const rest = {
  meaning: 'x',
  approvals: { roles: ['lead'] },
  page: 'none',
  statusPage: 'no',
  statusPageImpact: 'none',
  maintenance: 'no',
} as const

function small() {
  return defineSeverity({
    name: 'small',
    order: ['high', 'low'],
    levels: {
      high: {
        ...rest,
        respondWithin: '5m',
        decision: 'auto',
        allow: ['config', 'full'],
        allowAfterApproval: ['data-restore'],
        prefer: ['full'],
      },
      low: { ...rest, respondWithin: '1h', decision: 'confirm', allow: ['full', 'data-restore'], promote: { to: 'high', after: '30m' } },
    },
    facts: { down: 'boolean', errors: 'number', impact: ['all', 'few'] },
    classify: [
      { name: 'down', when: { test: 'is', fact: 'down', value: true }, level: 'high' },
      {
        name: 'errors',
        when: {
          test: 'all',
          of: [
            { test: 'above', fact: 'errors', value: 0.1 },
            { test: 'not', of: { test: 'is', fact: 'impact', value: 'few' } },
          ],
        },
        level: 'high',
      },
      { name: 'few', when: { test: 'is', fact: 'impact', value: 'few' }, level: 'low' },
    ],
    fallback: 'low',
  })
}

describe('the first rule that holds decides', () => {
  it('says which one, in words', () => {
    expect(small().classify({ down: true, impact: 'few' })).toEqual({
      level: 'high',
      rule: 'down',
      because: 'down: down is true',
      needsPerson: false,
      undecided: [],
    })
  })

  it('falls back when none holds, and leaves that to people', () => {
    expect(small().classify({ down: false, errors: 0, impact: 'all' })).toMatchObject({
      level: 'low',
      rule: 'fallback',
      needsPerson: true,
      undecided: [],
    })
    expect(small().classify({})).toMatchObject({ level: 'low', rule: 'fallback', undecided: ['down', 'errors', 'few'] })
  })

  it('takes a missing fact for unknown, not for no, and names the rules that it leaves open', () => {
    expect(small().classify({ errors: 0.5, impact: 'few' })).toMatchObject({ rule: 'few', undecided: ['down'] })
    expect(small().classify({ down: false, errors: 0.5 })).toMatchObject({ rule: 'fallback', undecided: ['errors', 'few'] })
    expect(small().classify({ down: false, errors: Number.NaN, impact: 'all' })).toMatchObject({ rule: 'fallback', undecided: ['errors'] })
  })

  it.each([
    ['above', [false, false, true]],
    ['at-least', [false, true, true]],
    ['below', [true, false, false]],
    ['at-most', [true, true, false]],
  ] as const)('compares numbers: %s', (test, holds) => {
    const truths = [0, 1, 2].map((errors) => judgeCondition<{ readonly errors: 'number' }>({ test, fact: 'errors', value: 1 }, { errors }))
    expect(truths).toEqual(holds.map((entry) => (entry ? 'yes' : 'no')))
  })

  it('reads conditions out with brackets where they are needed', () => {
    const { because } = small().classify({ down: false, errors: 0.5, impact: 'all' })
    expect(because).toBe('errors: errors is above 0.1 and not (impact is few)')
    const inner = {
      test: 'any',
      of: [
        { test: 'is', fact: 'down', value: true },
        { test: 'at-most', fact: 'errors', value: 1 },
      ],
    } as const
    const text = (when: FactCondition<{ readonly down: 'boolean'; readonly errors: 'number' }>): string => describeCondition(when)
    expect(text({ test: 'all', of: [inner, { test: 'at-least', fact: 'errors', value: 0 }] })).toBe(
      '(down is true or errors is at most 1) and errors is at least 0',
    )
    expect(text({ test: 'not', of: inner })).toBe('not (down is true or errors is at most 1)')
    expect(text(inner)).toBe('down is true or errors is at most 1')
  })

  it('does not need what cannot change the answer', () => {
    expect(small().classify({ down: false, errors: 0.05 })).toMatchObject({ undecided: ['few'] })
  })
})

describe('who may start what', () => {
  const policy = small()

  it('lets a machine start an application strategy under auto', () => {
    expect(policy.start('high', { strategy: 'full', risk: ['reversible'] })).toMatchObject({ start: 'automatically' })
  })

  it.each([['data-loss'], ['point-of-no-return']] as const)('asks people for %s, whatever the level decides', (risk) => {
    expect(policy.start('high', { strategy: 'full', risk: ['reversible', risk] })).toMatchObject({
      start: 'after-approval',
      approvals: { roles: ['lead'] },
    })
  })

  it('asks people for data', () => {
    expect(policy.start('high', { strategy: 'data-restore', risk: ['reversible'] })).toMatchObject({ start: 'after-approval' })
  })

  it('asks people when the kind of incident needs them', () => {
    expect(policy.start('high', { strategy: 'full', risk: [], needsPerson: true })).toMatchObject({ start: 'after-approval' })
  })

  it('refuses a strategy that the level does not allow', () => {
    expect(policy.start('high', { strategy: 'infra', risk: [] })).toMatchObject({
      start: 'refused',
      hint: 'Choose one of config, full, data-restore, or promote the incident.',
    })
  })

  it.each<[Decision, object, string]>([
    ['auto-if-enabled', { isEnabled: true }, 'automatically'],
    ['auto-if-enabled', { isEnabled: false }, 'after-approval'],
    ['auto-if-enabled', {}, 'after-approval'],
    ['confirm', {}, 'after-approval'],
    ['evaluate', {}, 'after-evaluation'],
    ['fix-forward-first', {}, 'after-fix-forward'],
    ['fix-forward', {}, 'after-fix-forward'],
  ])('%s with %j: %s', (decision, more, start) => {
    expect(policy.decide({ high: decision }).start('high', { strategy: 'full', risk: ['reversible'], ...more })).toMatchObject({ start })
  })

  it('does not ask for a repair before a repair', () => {
    expect(standardSeverity.start('sev4', { strategy: 'fix-forward', risk: [] })).toMatchObject({ start: 'after-approval' })
  })

  it('lists the ways out, the preferred first', () => {
    expect(strategiesOf(policy.levels.high)).toEqual([
      { strategy: 'full', needsApproval: false },
      { strategy: 'config', needsApproval: false },
      { strategy: 'data-restore', needsApproval: true },
    ])
    expect(strategiesOf(policy.levels.low).map(({ needsApproval }) => needsApproval)).toEqual([true, true])
  })
})

describe('a policy is varied without being changed', () => {
  it('overrides some values of some levels', () => {
    const policy = small()
    const other = policy.override({ low: { respondWithin: '24h' } })
    expect([policy.levels.low.respondWithin, other.levels.low.respondWithin]).toEqual(['1h', '24h'])
    expect(other.levels.low.allow).toEqual(policy.levels.low.allow)
  })

  it('checks the override', () => {
    expect(() => small().override({ low: { respondWithin: '0s' } })).toThrow(
      'severity policy small, low.respondWithin: "0s" is no time at all',
    )
    expect(() => small().override({ nowhere: {} } as object)).toThrow('there is no level "nowhere"')
  })

  it('moves data and infrastructure behind an approval when a level becomes automatic', () => {
    const { low } = small().decide({ low: 'auto' }).levels
    expect(low).toMatchObject({ decision: 'auto', allow: ['full'], allowAfterApproval: ['data-restore'] })
  })

  it('takes other rules', () => {
    const policy = small().classifyWith(
      [{ name: 'always', when: { test: 'not', of: { test: 'is', fact: 'down', value: false } }, level: 'high' }],
      'high',
    )
    expect(policy.classify({ down: true })).toMatchObject({ level: 'high', rule: 'always' })
    expect(policy.classify({ down: false })).toMatchObject({ level: 'high', rule: 'fallback' })
  })

  it('gives a plan its severity', () => {
    expect(small().severity('high')).toEqual({ level: 'high', decision: 'auto' })
  })
})

it('allows every level to be read as one type', () => {
  const level: SeverityLevel<string, 'auto'> = small().levels.high
  expect(level.decision).toBe('auto')
})
