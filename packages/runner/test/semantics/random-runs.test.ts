import { describe, expect, it } from 'vitest'
import { endOf, runToEnd } from './random-runs.ts'

describe('a random plan in a real runner', () => {
  it.each([1, 2, 3, 5, 8])('ends after a crash at any record as it ends without one (seed %i)', async (seed) => {
    const reference = await runToEnd(seed)
    expect(reference.problems).toEqual([])
    const stride = Math.ceil(reference.records.length / 12)
    for (let at = 1; at < reference.records.length; at += stride) {
      for (const side of ['before', 'after'] as const) {
        const { demo, view, problems } = await runToEnd(seed, () => (_, index) => (index === at ? `hang-${side}` : 'keep'))
        expect(problems).toEqual([])
        expect(`${at} ${side} ${endOf(demo, view)}`).toBe(`${at} ${side} ${endOf(reference.demo, reference.view)}`)
      }
    }
  })
})
