import type { ContactMode } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { pointsOf, spread } from '../src/kit/points.ts'

const contacts = (modes: string): { readonly name: string; readonly mode: ContactMode }[] =>
  modes.split('').map((letter, index) => ({ name: `call ${index + 1}`, mode: letter === 'w' ? 'write' : 'read' }))
const chosen = (modes: string, sampling: { readonly every: number; readonly most: number }): readonly number[] =>
  pointsOf(contacts(modes), sampling).map(({ contact }) => contact)

describe('the contacts that are disturbed', () => {
  it('are all of them, unless the author says otherwise', () => {
    expect(chosen('rrwr', { every: 1, most: Infinity })).toEqual([1, 2, 3, 4])
  })

  it('are every write and each n-th of the others', () => {
    expect(chosen('rrrrwrrr', { every: 4, most: Infinity })).toEqual([1, 5])
    expect(chosen('rrrrrwrr', { every: 4, most: Infinity })).toEqual([1, 5, 6])
  })

  it('are at most so many: writes first, then reads, spread over all', () => {
    expect(chosen('rrrrwrrrrw', { every: 1, most: 4 })).toEqual([4, 5, 9, 10])
    expect(chosen('wwwwwwww', { every: 1, most: 2 })).toEqual([4, 8])
    expect(chosen('rrrrrr', { every: 1, most: 3 })).toEqual([2, 4, 6])
  })
})

describe('spread', () => {
  it('keeps as many as it may, and the last of them', () => {
    for (let length = 1; length < 30; length++)
      for (let most = 1; most < 30; most++) {
        const kept = spread(
          Array.from({ length }, (_, index) => index),
          most,
        )
        expect(kept).toHaveLength(Math.min(length, most))
        expect(kept.at(-1)).toBe(length - 1)
      }
  })
})
