import { type Duration, durationMs, formatDuration } from '@backstep/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../define/failure-of.ts'

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const unit = fc.constantFrom('ms', 's', 'm', 'h', 'd')
const seed = 20_261_123

describe('durationMs', () => {
  it.each<[Duration, number]>([
    ['250ms', 250],
    ['90s', 90_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['0s', 0],
    ['1.5s', 1500],
    ['0.25h', 900_000],
  ])('%s is %d ms', (duration, milliseconds) => {
    expect(durationMs(duration)).toBe(milliseconds)
  })

  it('reads every whole number with every unit', () => {
    fc.assert(
      fc.property(fc.nat(100_000), unit, (amount, name) => durationMs(`${amount}${name}`) === amount * units[name]),
      { seed },
    )
  })

  it('reads fractions, to the millisecond', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 0, max: 99 }), unit, (whole, part, name) => {
        const amount = `${whole}.${String(part).padStart(2, '0')}`
        return durationMs(`${amount}${name}` as Duration) === Math.round(Number(amount) * units[name])
      }),
      { seed },
    )
  })

  it.each([
    '',
    '5',
    's',
    '-5s',
    '5 s',
    ' 5s',
    '5s ',
    '5S',
    '1e3s',
    '0x5s',
    '.5s',
    '5.s',
    '1_000s',
    '5sec',
    '5w',
    'NaNs',
    'Infinitys',
    '5m30s',
    '５s',
    '5s\n',
  ])('refuses %j', async (text) => {
    const failure = await failureOf(() => durationMs(text as Duration))
    expect(failure).toMatchObject({ code: 'OPTIONS_INVALID', message: `"${text}" is no duration` })
    expect(failure.hint).toContain("'90s'")
  })

  it('refuses whatever is not a number with a unit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
        fc.pre(!/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text))
        expect((await failureOf(() => durationMs(text as Duration))).code).toBe('OPTIONS_INVALID')
      }),
      { seed },
    )
  })
})

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [1000, '1 s'],
    [1250, '1.3 s'],
    [42_000, '42 s'],
    [125_000, '2 min 5 s'],
    [5_400_000, '1 h 30 min'],
    [187_200_000, '2 d 4 h'],
    [3_600_000, '1 h'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text)
  })

  it('says something short about any time', () => {
    fc.assert(
      fc.property(fc.nat(), (milliseconds) => /^\d+(\.\d)? (ms|s|min|h|d)( \d+ (s|min|h))?$/.test(formatDuration(milliseconds))),
      { seed },
    )
  })
})
