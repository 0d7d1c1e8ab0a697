import { describe, expect, it } from 'vitest'
import { requireDecisionFits } from '../../src/policy/decision.ts'
import { defineSeverity } from '../../src/policy/define-severity.ts'

const rest = {
  meaning: 'x',
  approvals: { roles: ['lead'] },
  page: 'none',
  statusPage: 'no',
  statusPageImpact: 'none',
  maintenance: 'no',
} as const

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
