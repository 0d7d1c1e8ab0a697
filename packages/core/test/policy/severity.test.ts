import { describe, expect, it } from 'vitest'
import { requireDecisionFits, type Decision } from '../../src/policy/decision.ts'
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

describe('a policy that makes no sense is refused when it is made', () => {
  const definition = {
    name: 'x',
    order: ['a', 'b'],
    levels: {
      a: { ...rest, respondWithin: '5m', decision: 'confirm', allow: ['full'] },
      b: { ...rest, respondWithin: '5m', decision: 'confirm', allow: ['full'] },
    },
    facts: { down: 'boolean', rate: 'number', impact: ['all'] },
    classify: [],
    fallback: 'b',
  }
  const withA = (change: object): object => ({ levels: { ...definition.levels, a: { ...definition.levels.a, ...change } } })
  const withRule = (when: object, level = 'a'): object => ({ classify: [{ name: 'r', when, level }] })

  it.each<[string, object, string]>([
    ['a level without an entry', { order: ['a', 'b', 'c'] }, 'order names c, levels does not have it'],
    ['an entry without a level', { order: ['b'] }, 'levels has a, order does not name it'],
    ['a level twice', { order: ['a', 'b', 'a'] }, 'order names a twice'],
    ['no levels', { order: [], levels: {} }, 'order is empty'],
    ['a fallback that is no level', { fallback: 'z' }, 'the fallback "z" is no level'],
    [
      'data under a machine',
      withA({ decision: 'auto', allow: ['full', 'data-restore'] }),
      'data-restore cannot stand under the decision "auto"',
    ],
    [
      'infrastructure under a machine',
      withA({ decision: 'auto-if-enabled', allow: ['infra'] }),
      'infra cannot stand under the decision "auto-if-enabled"',
    ],
    ['a decision that does not exist', withA({ decision: 'perhaps' }), 'the decision "perhaps" does not exist'],
    ['a strategy that does not exist', withA({ allow: ['pray'] }), 'there is no strategy "pray"'],
    ['a strategy allowed twice', withA({ allowAfterApproval: ['full'] }), 'full is allowed twice'],
    ['a preference that is not allowed', withA({ prefer: ['config'] }), 'it prefers config and does not allow it'],
    ['a misspelt field', withA({ respondWithn: '5m' }), 'there is no field "respondWithn"'],
    ['a time without a unit', withA({ respondWithin: '5' }), 'a.respondWithin: "5" is no duration'],
    ['updates without pause', withA({ updateEvery: '0s' }), 'a.updateEvery'],
    [
      'an escalation twice',
      withA({
        escalate: [
          { to: 'cto', after: '0s' },
          { to: 'cto', after: '0s' },
        ],
      }),
      'cto@0s stands there twice',
    ],
    ['a promotion that does not go up', withA({ promote: { to: 'b', after: '5m' } }), 'b is not above a'],
    ['a promotion to itself', withA({ promote: { to: 'a', after: '5m' } }), 'a is not above a'],
    ['a promotion to nowhere', withA({ promote: { to: 'z', after: '5m' } }), '"z" is no level'],
    ['approvals that nobody can give', withA({ approvals: { roles: [] } }), 'a.approvals: nobody may approve'],
    ['a role twice', withA({ approvals: { roles: ['x', 'x'] } }), 'the role x stands there twice'],
    ['half a quorum', withA({ approvals: { roles: ['x'], quorum: 0.5 } }), 'a quorum of 0.5 cannot be counted'],
    ['approvals that expire at once', withA({ approvals: { roles: ['x'], expires: '0s' } }), 'a.approvals.expires'],
    ['a rule for no level', withRule({ test: 'is', fact: 'down', value: true }, 'z'), 'rule r: "z" is no level'],
    ['a rule over no fact', withRule({ test: 'is', fact: 'up', value: true }), 'rule r: there is no fact "up"'],
    ['a rule that can never be told', withRule({ test: 'above', fact: 'down', value: 1 }), 'down above 1 can never be told'],
    ['a word that the fact does not have', withRule({ test: 'is', fact: 'impact', value: 'some' }), 'impact is some can never be told'],
    ['a limit that is no number', withRule({ test: 'above', fact: 'rate', value: Number.NaN }), 'can never be told'],
    ['all of nothing', withRule({ test: 'all', of: [] }), '"all" of nothing decides nothing'],
    ['nothing, deep inside', withRule({ test: 'not', of: { test: 'any', of: [] } }), '"any" of nothing'],
    [
      'two rules of one name',
      { classify: ['a', 'b'].map((level) => ({ name: 'r', when: { test: 'is', fact: 'down', value: true }, level })) },
      'two rules are called "r"',
    ],
  ])('%s', (_, change, message) => {
    const make = (): unknown => defineSeverity({ ...definition, ...change } as never)
    expect(make).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
    expect(make).toThrow(message)
  })

  it('takes the definition that all of these vary', () => {
    expect(() => defineSeverity(definition as never)).not.toThrow()
  })
})

describe('a plan with a risk that needs people does not stand under an automatic decision', () => {
  it.each(['auto', 'auto-if-enabled'])('%s', (decision) => {
    expect(() => requireDecisionFits('swap', decision, ['reversible', 'data-loss'])).toThrow(
      expect.objectContaining({ code: 'PLAN_INVALID', message: `plan swap: data-loss cannot stand under the decision "${decision}"` }),
    )
    expect(() => requireDecisionFits('swap', decision, ['reversible', 'none'])).not.toThrow()
  })

  it('stands under the decision of a person', () => {
    expect(() => requireDecisionFits('swap', 'confirm', ['point-of-no-return'])).not.toThrow()
  })

  it('does not stand under a decision that does not exist', () => {
    expect(() => requireDecisionFits('swap', 'automatic', ['none'])).toThrow('the decision "automatic" does not exist')
  })
})

it('allows every level to be read as one type', () => {
  const level: SeverityLevel<string, 'auto'> = small().levels.high
  expect(level.decision).toBe('auto')
})
