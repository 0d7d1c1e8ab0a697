import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { searchForSecrets } from '../src/index.ts'

const secrets = { DB_URL: 'postgres://shop:canary-7f3a@db/shop' }
const value = secrets.DB_URL

describe('searchForSecrets', () => {
  it('finds nothing where there is nothing', () => {
    expect(searchForSecrets(secrets, { journal: [{ url: { secret: 'DB_URL' } }], empty: undefined, none: null, count: 7 })).toEqual([])
  })

  it('names the place and the spelling, never the value', () => {
    const found = searchForSecrets(secrets, { journal: [{ ok: true }, { message: `connect ${value}` }] })
    expect(found).toEqual([{ secret: 'DB_URL', place: 'journal[1].message', spelling: 'plain' }])
    expect(JSON.stringify(found)).not.toContain('canary')
  })

  it.each<[string, unknown, string]>([
    [
      'a cause of a cause',
      new Error('outer', { cause: new Error('inner', { cause: Object.assign(new Error('x'), { input: value }) }) }),
      'plain',
    ],
    ['a property that JSON leaves out', Object.defineProperty({}, 'hidden', { value, enumerable: false }), 'plain'],
    ['the key of an object', { [value]: 1 }, 'plain'],
    ['a map', new Map([['url', value]]), 'plain'],
    ['a set', new Set([value]), 'plain'],
    ['bytes', new TextEncoder().encode(`x${value}`), 'plain'],
    ['an object that shows its state to nobody', new URL(value), 'plain'],
    ['escaped JSON inside a text', JSON.stringify({ url: value }), 'plain'],
    ['base64', Buffer.from(value).toString('base64'), 'base64'],
    ['hexadecimal', Buffer.from(value).toString('hex'), 'hex'],
    ['a query string', `?url=${encodeURIComponent(value)}`, 'percent'],
    ['one of several errors', new AggregateError([new Error(value)]), 'plain'],
  ])('finds it in %s', (_, hidden, spelling) => {
    const found = searchForSecrets(secrets, { place: hidden })
    expect(found.length).toBeGreaterThan(0)
    expect(found[0]).toMatchObject({ secret: 'DB_URL', spelling })
  })

  it('is not caught in a circle', () => {
    const circle: Record<string, unknown> = { name: 'a' }
    circle['self'] = circle
    expect(searchForSecrets(secrets, { circle })).toEqual([])
  })

  it('refuses a secret that any text could hold', () => {
    expect(() => searchForSecrets({ PIN: '1234' }, {})).toThrow(RangeError)
  })

  it('finds base64 whatever stands around it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 }), (before, after) => {
        const place = Buffer.from(`${before}${value}${after}`).toString('base64')
        expect(searchForSecrets(secrets, { place })).toHaveLength(1)
      }),
      { seed: 3, numRuns: 200 },
    )
  })
})
