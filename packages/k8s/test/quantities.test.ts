import { describe, expect, it } from 'vitest'
import { quantityOf } from '../src/quantities.ts'

describe('a quantity', () => {
  it.each([
    ['0', 0],
    ['250m', 0.25],
    ['1', 1],
    ['1.5', 1.5],
    ['2k', 2000],
    ['1Ki', 1024],
    ['512Mi', 536_870_912],
    ['1Gi', 1_073_741_824],
    ['1e3', 1000],
    ['12E', 12e18],
  ])('%s is %d', (text, value) => expect(quantityOf(text)).toBe(value))

  it.each(['', 'many', '1 Gi', '1Qi', '--1'])('%j is none', (text) => expect(quantityOf(text)).toBeUndefined())
})
