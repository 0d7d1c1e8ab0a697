import { canonical, hashOf, sha256Hex } from '@backstep/core'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const seed = 20_261_123

/** The same value with the keys of every object in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, shuffled(inner)] as const)
  return Object.fromEntries(entries.toReversed())
}

describe('canonical', () => {
  it.each<[unknown, string]>([
    [{ b: 1, a: 2 }, '{"a":2,"b":1}'],
    [{ b: { d: 1, c: [{ z: 1, y: 2 }] }, a: null }, '{"a":null,"b":{"c":[{"y":2,"z":1}],"d":1}}'],
    [{ a: undefined, b: 1 }, '{"b":1}'],
    [[undefined, 1], '[null,1]'],
    [{ 10: 'ten', 9: 'nine', a: 'letter' }, '{"10":"ten","9":"nine","a":"letter"}'],
    [{ é: 1, e: 2, 'e\u0301': 3, '😀': 4 }, '{"e":2,"e\u0301":3,"é":1,"😀":4}'],
    ['line\nbreak "quoted" \u2028', '"line\\nbreak \\"quoted\\" \u2028"'],
    ['\ud800', '"\\ud800"'],
    [-0, '0'],
    [JSON.parse('{"__proto__":{"b":1,"a":2}}'), '{"__proto__":{"a":2,"b":1}}'],
    [{}, '{}'],
    [[], '[]'],
    [undefined, 'null'],
  ])('%j is %s', (value, text) => {
    expect(canonical(value)).toBe(text)
  })

  it('is JSON of an equal value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { seed, numRuns: 200 },
    )
  })

  it('does not depend on the order in which keys were written, at any depth', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(canonical(shuffled(value))).toBe(canonical(value))
      }),
      { seed, numRuns: 200 },
    )
  })

  it('is the same after a way through JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => canonical(JSON.parse(JSON.stringify(value))) === canonical(value)),
      { seed, numRuns: 200 },
    )
  })

  it('tells different values apart', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const isSame = JSON.stringify(JSON.parse(canonical(one))) === JSON.stringify(JSON.parse(canonical(other)))
        return (canonical(one) === canonical(other)) === isSame
      }),
      { seed, numRuns: 200 },
    )
  })
})

describe('hashOf', () => {
  it('is sha256 over the canonical text in UTF-8, as any other tool computes it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(hashOf(value)).toBe(createHash('sha256').update(canonical(value), 'utf8').digest('hex'))
      }),
      { seed, numRuns: 300 },
    )
  })

  it('stays what it was in every version: journals and approvals rest on it', () => {
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(hashOf({ name: 'shop/checkout', to: 41, áéí: ['😀', null, true] })).toMatchInlineSnapshot(
      `"05582617ceb567e0dc661f4f005819e7d73a171666c39f4a191b15739c71689c"`,
    )
  })
})
