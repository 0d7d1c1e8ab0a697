import { describe, expectTypeOf, it } from 'vitest'
import type { Actor } from '../../src/engine/records.ts'
import { judgeApprovals } from '../../src/policy/approvals.ts'
import { checklistOf } from '../../src/policy/checklist.ts'
import { defineCriteria, judgeCriteria } from '../../src/policy/criteria.ts'
import { defaults } from '../../src/policy/defaults.ts'
import { noReturnRules, type NoReturnKind } from '../../src/policy/no-return-rules.ts'
import { standardTiers } from '../../src/policy/standard-tiers.ts'
import { defineTiers } from '../../src/policy/tiers.ts'
import { judgeBudget } from '../../src/policy/time-budget.ts'

describe('tiers', () => {
  it('answer with their own names or unknown', () => {
    const tiers = defineTiers({
      of: 'x',
      unit: 'count',
      tiers: [
        { name: 'low', below: 5 },
        { name: 'high', from: 5 },
      ],
    })
    expectTypeOf(tiers.tierOf(3)).toEqualTypeOf<'low' | 'high' | 'unknown'>()
    expectTypeOf(standardTiers.p95.tierOf(3)).toEqualTypeOf<'evaluate' | 'monitor' | 'success' | 'unknown'>()
  })

  it('have one lower and one upper end, and are never called unknown', () => {
    // @ts-expect-error two lower ends
    defineTiers({ of: 'x', unit: 'count', tiers: [{ name: 'low', from: 0, above: 0 }] })
    // @ts-expect-error two upper ends
    defineTiers({ of: 'x', unit: 'count', tiers: [{ name: 'low', upTo: 1, below: 1 }] })
    // @ts-expect-error unknown means that there is no data
    defineTiers({ of: 'x', unit: 'count', tiers: [{ name: 'unknown' }] })
  })
})

describe('criteria', () => {
  const criteria = defineCriteria({
    name: 'x',
    title: 'X',
    groups: [
      {
        name: 'g',
        title: 'G',
        criteria: [
          { id: 'ready', title: 'R', target: { target: 'none' } },
          { id: 'fast', title: 'F', target: { target: 'below', value: 5 } },
        ],
      },
    ],
  })

  it('know their ids', () => {
    expectTypeOf(judgeCriteria(criteria, {}).missing[0]!.id).toEqualTypeOf<'ready' | 'fast'>()
    expectTypeOf(checklistOf(criteria).sections[0]!.items[0]!.id).toEqualTypeOf<'ready' | 'fast'>()
    // @ts-expect-error no such criterion
    judgeCriteria(criteria, { redy: { status: 'healthy' } })
    // @ts-expect-error no such status
    judgeCriteria(criteria, { ready: { status: 'ok' } })
  })
})

describe('time budgets', () => {
  it('know their phases', () => {
    expectTypeOf(judgeBudget(defaults.stepClock, 0, {}, 0).phases[0]!.phase).toEqualTypeOf<
      'declare' | 'identify' | 'execute' | 'verify' | 'monitor'
    >()
    // @ts-expect-error no such phase
    judgeBudget(defaults.stepClock, 0, { decide: { startedAt: 0 } }, 0)
    // @ts-expect-error a duration has a unit
    judgeBudget({ one: '5' }, 0, {}, 0)
  })
})

describe('points of no return', () => {
  it('have a rule for every kind', () => {
    expectTypeOf(noReturnRules).toHaveProperty('stale-backup')
    expectTypeOf<keyof typeof noReturnRules>().toEqualTypeOf<NoReturnKind>()
  })
})

describe('approvals', () => {
  it('say who only where there is somebody', () => {
    const judgement = judgeApprovals({ roles: ['lead'] }, { hash: 'h', approvals: [], now: 0 })
    expectTypeOf(judgement.state).toEqualTypeOf<'granted' | 'waiting' | 'void' | 'denied'>()
    if (judgement.state === 'denied') expectTypeOf(judgement.by).toEqualTypeOf<Actor>()
    // @ts-expect-error only while it waits
    judgement.missingRoles
  })
})
