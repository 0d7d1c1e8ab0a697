import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { standardTiers } from '../../src/policy/standard-tiers.ts'
import { defineTiers } from '../../src/policy/tiers.ts'

describe('the standard tiers', () => {
  it.each([
    [0, 'success'],
    [0.0099, 'success'],
    [0.01, 'monitor'],
    [0.015, 'monitor'],
    [0.0499, 'monitor'],
    [0.05, 'evaluate'],
    [0.1, 'evaluate'],
    [0.1001, 'immediate'],
    [1, 'immediate'],
  ])('an error rate of %s is %s', (value, tier) => {
    expect(standardTiers.errorRate.tierOf(value)).toBe(tier)
  })

  it.each([
    [350, 'success'],
    [500, 'monitor'],
    [650, 'monitor'],
    [2000, 'monitor'],
    [2001, 'evaluate'],
    [3500, 'evaluate'],
  ])('a p95 of %s ms is %s', (value, tier) => {
    expect(standardTiers.p95.tierOf(value)).toBe(tier)
  })

  it('grades CPU and memory by their own limits', () => {
    expect([standardTiers.cpu.tierOf(0.75), standardTiers.memory.tierOf(0.75), standardTiers.cpu.tierOf(0.96)]).toEqual([
      'monitor',
      'success',
      'evaluate',
    ])
  })

  it.each([undefined, null, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.01, '0.5'])(
    'no data (%s) is unknown, never a tier',
    (value) => {
      expect(standardTiers.errorRate.tierOf(value as number)).toBe('unknown')
    },
  )

  it('says its ranges in words', () => {
    expect(standardTiers.errorRate.describe('evaluate')).toBe('from 5 % up to 10 %')
    expect(standardTiers.p95.describe('success')).toBe('below 500 ms')
    expect(standardTiers.cpu.describe('evaluate')).toBe('above 95 %')
  })
})

describe('a gap or an overlap is refused and named', () => {
  type Tier = Parameters<typeof defineTiers<string>>[0]['tiers'][number]
  it.each<[string, readonly Tier[], string]>([
    [
      'a gap',
      [
        { name: 'good', below: 0.01 },
        { name: 'bad', from: 0.02 },
      ],
      'tiers of error rate: 1 % to below 2 % belongs to no tier',
    ],
    [
      'a gap of one value',
      [
        { name: 'good', below: 0.01 },
        { name: 'bad', above: 0.01 },
      ],
      'exactly 1 % belongs to no tier',
    ],
    ['a gap at the start', [{ name: 'bad', from: 0.01 }], '0 % to below 1 % belongs to no tier'],
    ['only the start is missing', [{ name: 'bad', above: 0 }], 'exactly 0 % belongs to no tier'],
    ['a gap at the end', [{ name: 'good', upTo: 0.5 }], 'everything above 50 % belongs to no tier'],
    ['an open gap at the end', [{ name: 'good', below: 0.5 }], 'everything from 50 % on belongs to no tier'],
    [
      'an overlap',
      [
        { name: 'good', upTo: 0.03 },
        { name: 'bad', from: 0.01 },
      ],
      '1 % to 3 % belongs to good and to bad',
    ],
    [
      'an overlap of one value',
      [
        { name: 'good', upTo: 0.01 },
        { name: 'bad', from: 0.01 },
      ],
      'exactly 1 % belongs to good and to bad',
    ],
    [
      'a tier inside of another',
      [{ name: 'good' }, { name: 'bad', from: 0.01, below: 0.02 }],
      '1 % to below 2 % belongs to good and to bad',
    ],
    ['the wrong way round', [{ name: 'good', from: 2, below: 1 }], 'good holds no value (from 200 % below 100 %)'],
    ['a single value that it leaves out', [{ name: 'good', above: 1, upTo: 1 }], 'good holds no value'],
    ['below the start', [{ name: 'good', from: -1 }], 'good begins below 0 %'],
    ['no number', [{ name: 'good', below: Number.NaN }], 'an end of good is no number'],
    ['none', [], 'there is none'],
  ])('%s', (_, tiers, message) => {
    expect(() => defineTiers({ of: 'error rate', unit: 'share', tiers })).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
    expect(() => defineTiers({ of: 'error rate', unit: 'share', tiers })).toThrow(message)
  })

  it('refuses what types would not let through', () => {
    expect(() => defineTiers({ of: 'x', unit: 'count', tiers: [{ name: 'unknown' } as never] })).toThrow(
      '"unknown" means that there is no data',
    )
    expect(() => defineTiers({ of: 'x', unit: 'count', tiers: [{ name: 'a', from: 0, above: 0 } as never] })).toThrow(
      'a has the same end twice',
    )
  })

  it('takes the tiers in any order, and one name twice', () => {
    const tiers = defineTiers({
      of: 'x',
      unit: 'count',
      tiers: [
        { name: 'odd', above: 10 },
        { name: 'even', from: 3, upTo: 10 },
        { name: 'odd', below: 3 },
      ],
    })
    expect([tiers.tierOf(0), tiers.tierOf(3), tiers.tierOf(10), tiers.tierOf(11)]).toEqual(['odd', 'even', 'even', 'odd'])
    expect(tiers.describe('odd')).toBe('below 3, above 10')
  })

  it('takes another start', () => {
    const tiers = defineTiers({
      of: 'drift',
      unit: 'count',
      start: -10,
      tiers: [
        { name: 'low', below: 0 },
        { name: 'high', from: 0 },
      ],
    })
    expect([tiers.tierOf(-11), tiers.tierOf(-10), tiers.tierOf(0)]).toEqual(['unknown', 'low', 'high'])
  })
})

it('accepts a scale exactly when every value belongs to one tier', () => {
  const end = fc.constantFrom(0, 1, 2, 3)
  const tier = fc
    .record({
      low: fc.option(fc.tuple(fc.constantFrom('from', 'above'), end)),
      high: fc.option(fc.tuple(fc.constantFrom('upTo', 'below'), end)),
    })
    .map(({ low, high }) => ({ ...(low === null ? {} : { [low[0]]: low[1] }), ...(high === null ? {} : { [high[0]]: high[1] }) }))
  const holds = (range: Readonly<Record<string, number>>, value: number): boolean =>
    value >= (range['from'] ?? 0) && value > (range['above'] ?? -1) && value <= (range['upTo'] ?? 99) && value < (range['below'] ?? 99)
  const probes = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 50]
  fc.assert(
    fc.property(fc.array(tier, { minLength: 1, maxLength: 4 }), (ranges) => {
      const tiers = ranges.map((range, index) => ({ name: `t${index}`, ...range }))
      const isWhole =
        probes.every((value) => ranges.filter((range) => holds(range, value)).length === 1) &&
        ranges.every((range) => probes.some((value) => holds(range, value)))
      const make = () => defineTiers({ of: 'x', unit: 'count', tiers })
      if (!isWhole) expect(make).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
      else for (const value of probes) expect(make().tierOf(value)).toBe(`t${ranges.findIndex((range) => holds(range, value))}`)
    }),
    { seed: 20260504, numRuns: 3000 },
  )
})
