import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { judgeCondition, type FactCondition, type Facts } from '../../src/policy/facts.ts'

const types = { down: 'boolean', rate: 'number', impact: ['all', 'few'] } as const
type Types = typeof types

const { condition } = fc.letrec<{ condition: FactCondition<Types> }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ test: fc.constant('is' as const), fact: fc.constant('down' as const), value: fc.boolean() }),
    fc.record({
      test: fc.constant('is' as const),
      fact: fc.constant('impact' as const),
      value: fc.constantFrom('all' as const, 'few' as const),
    }),
    fc.record({
      test: fc.constantFrom('above' as const, 'at-least' as const, 'below' as const, 'at-most' as const),
      fact: fc.constant('rate' as const),
      value: fc.constantFrom(0, 0.5, 1),
    }),
    fc.record({ test: fc.constant('not' as const), of: tie('condition') }),
    fc.record({ test: fc.constantFrom('all' as const, 'any' as const), of: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }) }),
  ),
}))
const facts: fc.Arbitrary<Facts<Types>> = fc.record(
  { down: fc.boolean(), rate: fc.constantFrom(0, 0.25, 0.5, 1, 2), impact: fc.constantFrom('all' as const, 'few' as const) },
  { requiredKeys: [] },
)
const rates = [0, 0.25, 0.5, 1, 2]

function worlds(known: Facts<Types>): readonly Facts<Types>[] {
  const downs = known.down === undefined ? [true, false] : [known.down]
  const impacts = known.impact === undefined ? (['all', 'few'] as const) : [known.impact]
  const open = known.rate === undefined ? rates : [known.rate]
  return downs.flatMap((down) => impacts.flatMap((impact) => open.map((rate) => ({ down, impact, rate }))))
}

it('says yes or no only when every world that fits the known facts says so', () => {
  fc.assert(
    fc.property(condition, facts, (asked, known) => {
      const truth = judgeCondition(asked, known)
      const possible = new Set(worlds(known).map((world) => judgeCondition(asked, world)))
      if (truth !== 'unknown') expect([...possible]).toEqual([truth])
      expect(possible.has('unknown')).toBe(false)
    }),
    { seed: 20260503, numRuns: 800 },
  )
})
