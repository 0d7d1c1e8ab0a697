import { describe, expect, it } from 'vitest'
import { engine } from './model/engine.ts'
import { simulateMany } from './model/simulate.ts'

describe('one way through a random plan of up to twenty steps, with crashes, cancels and failures of any kind', () => {
  it('keeps every promise', () => {
    let count = 0
    const outcomes = new Set<string>()
    const seeds = Array.from({ length: 1500 }, (_, index) => 1_000_000 + index)
    const fault = simulateMany(engine, seeds, (_, { outcome }) => {
      count++
      outcomes.add(outcome)
    })
    expect(fault).toBeUndefined()
    expect(count).toBe(1500)
    expect([...outcomes].sort()).toEqual(['aborted', 'compensated', 'failed-forward', 'partially-compensated', 'succeeded'])
  })
})
