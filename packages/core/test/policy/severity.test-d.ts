import { describe, expectTypeOf, it } from 'vitest'
import type { PlanSeverity } from '../../src/contract/nodes.ts'
import type { PlanSeverityFor, StrategyUnder } from '../../src/policy/decision.ts'
import { defineSeverity } from '../../src/policy/define-severity.ts'
import { demote, openIncident, promote } from '../../src/policy/incident-severity.ts'
import type { ClassificationRule, SeverityLevel } from '../../src/policy/severity-level.ts'
import { severityPresets } from '../../src/policy/severity-presets.ts'
import { standardSeverity } from '../../src/policy/standard-severity.ts'

const rest = {
  meaning: 'x',
  approvals: { roles: ['lead'] },
  page: 'none',
  statusPage: 'no',
  statusPageImpact: 'none',
  maintenance: 'no',
  respondWithin: '5m',
} as const
const high = { ...rest, decision: 'auto', allow: ['full'] } as const
const low = { ...rest, decision: 'confirm', allow: ['full', 'data-restore'] } as const
const frame = {
  name: 'x',
  order: ['high', 'low'],
  facts: { down: 'boolean', rate: 'number', impact: ['all', 'few'] },
  classify: [],
  fallback: 'low',
} as const

describe('every level stands in order and in levels', () => {
  it('takes both', () => {
    const policy = defineSeverity({ ...frame, levels: { high, low } })
    expectTypeOf(policy.order).toEqualTypeOf<readonly ('high' | 'low')[]>()
  })

  it('does not compile with one missing or one too many', () => {
    // @ts-expect-error Property 'low' is missing
    defineSeverity({ ...frame, levels: { high } })
    // @ts-expect-error Type … is not assignable to type '"other is not in order"'
    defineSeverity({ ...frame, levels: { high, low, other: low } })
    // @ts-expect-error Type '"other"' is not assignable to type '"high" | "low"'
    defineSeverity({ ...frame, levels: { high, low }, fallback: 'other' })
    // @ts-expect-error Type '"other"' is not assignable to type '"high" | "low"'
    defineSeverity({ ...frame, levels: { high, low: { ...low, promote: { to: 'other', after: '30m' } } } })
  })
})

describe('data and infrastructure never stand under an automatic decision', () => {
  it('does not compile', () => {
    // @ts-expect-error Type '"data-restore"' is not assignable to type 'AutomaticStrategy'
    defineSeverity({ ...frame, levels: { high: { ...rest, decision: 'auto', allow: ['full', 'data-restore'] }, low } })
    // @ts-expect-error Type '"infra"' is not assignable to type 'AutomaticStrategy'
    defineSeverity({ ...frame, levels: { high: { ...rest, decision: 'auto-if-enabled', allow: ['infra'] }, low } })
    const policy = defineSeverity({ ...frame, levels: { high, low } })
    // @ts-expect-error Type '"data-restore"' is not assignable to type 'AutomaticStrategy'
    policy.override({ high: { allow: ['data-restore'] } })
    policy.override({ low: { allow: ['data-restore'] } })
  })

  it('counts a decision that is not known exactly as automatic', () => {
    expectTypeOf<StrategyUnder<'auto' | 'confirm'>>().toEqualTypeOf<'flag-off' | 'config' | 'partial' | 'full'>()
    expectTypeOf<'data-restore'>().toExtend<StrategyUnder<'confirm' | 'evaluate'>>()
  })
})

describe('facts are typed', () => {
  const policy = defineSeverity({ ...frame, levels: { high, low } })

  it('in rules', () => {
    type Rule = ClassificationRule<'high' | 'low', typeof policy.facts>
    const rule: Rule = { name: 'r', when: { test: 'is', fact: 'impact', value: 'all' }, level: 'high' }
    const either: Rule['when'] = { test: 'any', of: [rule.when, { test: 'above', fact: 'rate', value: 1 }] }
    policy.classifyWith([rule, { ...rule, when: either }])
    // @ts-expect-error no such fact
    policy.classifyWith([{ ...rule, when: { test: 'is', fact: 'up', value: true } }])
    // @ts-expect-error the fact is no number
    policy.classifyWith([{ ...rule, when: { test: 'above', fact: 'down', value: 1 } }])
    // @ts-expect-error the fact has no such word
    policy.classifyWith([{ ...rule, when: { test: 'is', fact: 'impact', value: 'some' } }])
    // @ts-expect-error no such level
    policy.classifyWith([{ ...rule, level: 'other' }])
    // @ts-expect-error no such fact, where the policy is made
    defineSeverity({ ...frame, levels: { high, low }, classify: [{ ...rule, when: { test: 'is', fact: 'up', value: true } }] })
  })

  it('in questions and answers', () => {
    expectTypeOf(policy.classify({ down: true, impact: 'few' }).level).toEqualTypeOf<'high' | 'low'>()
    // @ts-expect-error no such fact
    policy.classify({ up: true })
    // @ts-expect-error no such word
    policy.classify({ impact: 'some' })
  })
})

describe('the decision of a level is known exactly', () => {
  const policy = defineSeverity({ ...frame, levels: { high, low } })

  it('also after decide', () => {
    expectTypeOf(policy.severity('high')).toEqualTypeOf<{ readonly level: 'high'; readonly decision: 'auto' }>()
    expectTypeOf(policy.severity('low').decision).toEqualTypeOf<'confirm'>()
    expectTypeOf(policy.decide({ high: 'confirm' }).severity('high').decision).toEqualTypeOf<'confirm'>()
    expectTypeOf(policy.decide({ low: 'auto' }).severity('high').decision).toEqualTypeOf<'auto'>()
    expectTypeOf(severityPresets.automaticFirst.severity('sev1').decision).toEqualTypeOf<'auto'>()
    // @ts-expect-error Type '"other is not in order"'
    policy.decide({ other: 'auto' })
    // @ts-expect-error no such decision
    policy.decide({ low: 'perhaps' })
    // @ts-expect-error decisions are changed with decide
    policy.override({ high: { decision: 'confirm' } })
    // @ts-expect-error misspelt
    policy.override({ high: { respondWithn: '5m' } })
  })

  it('so that a plan with data loss under an automatic decision does not compile', () => {
    expectTypeOf(policy.severity('high')).toExtend<PlanSeverity>()
    expectTypeOf(policy.severity('high')).toExtend<PlanSeverityFor<'reversible'>>()
    expectTypeOf(policy.severity('high')).not.toExtend<PlanSeverityFor<'reversible' | 'data-loss'>>()
    expectTypeOf(policy.severity('low')).toExtend<PlanSeverityFor<'reversible' | 'data-loss'>>()
  })
})

describe('levels are typed where they change', () => {
  it('in an incident', () => {
    const incident = openIncident(standardSeverity, 'sev2', 0)
    expectTypeOf(incident.level).toEqualTypeOf<'sev1' | 'sev2' | 'sev3' | 'sev4'>()
    // @ts-expect-error no such level
    openIncident(standardSeverity, 'sev5', 0)
    // @ts-expect-error no such level
    promote(standardSeverity, incident, { to: 'sev0', at: 0, reason: 'x' })
    // @ts-expect-error a demotion needs an actor
    demote(standardSeverity, incident, { to: 'sev3', at: 0, reason: 'x' })
    // @ts-expect-error a demotion needs a reason
    demote(standardSeverity, incident, { to: 'sev3', at: 0, actor: { id: 'ana' } })
  })

  it('and a level has all of its fields', () => {
    expectTypeOf(low).toExtend<SeverityLevel<string, 'confirm'>>()
    expectTypeOf<Omit<typeof low, 'approvals'>>().not.toExtend<SeverityLevel<string, 'confirm'>>()
  })
})
