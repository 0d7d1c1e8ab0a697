import { describe, expect, it } from 'vitest'
import { engine } from './model/engine.ts'
import { endsByCrash, explore } from './model/explore.ts'
import { randomOf } from './model/random.ts'
import { oneFault, plainScenario, shapesOf } from './model/scenarios.ts'
import type { Shape } from './model/shape.ts'
import type { Scenario } from './model/state.ts'

function* scenariosOf(shapes: readonly Shape[]): Generator<Scenario> {
  for (const shape of shapes) for (const faults of oneFault(shape)) yield { ...plainScenario, shape, faults }
}

const seed = 20_261_123

/** A seeded part of all scenarios with this many steps; `pnpm soak explore` goes through all of them. */
function sampleOf(steps: number, count: number): readonly Scenario[] {
  const random = randomOf(seed + steps)
  const shapes = shapesOf(steps)
  return Array.from({ length: count }, () => {
    const shape = random.pick(shapes)
    return { ...plainScenario, shape, faults: random.pick(oneFault(shape)) }
  })
}

describe('every way through a small plan, with one failure, one crash and one cancel at each place', () => {
  it('keeps every promise: all plans of one step', () => {
    let states = 0
    for (const scenario of scenariosOf(shapesOf(1))) {
      const { fault, states: some } = explore(engine, { ...scenario, replays: true })
      expect(fault).toBeUndefined()
      states += some
    }
    expect(states).toBeGreaterThan(1000)
  })

  it.each([
    [2, 120],
    [3, 40],
    [4, 12],
  ])('keeps every promise: plans of %i steps', (steps, count) => {
    for (const scenario of sampleOf(steps, count)) expect(explore(engine, scenario).fault).toBeUndefined()
  })

  it('ends after a crash as it can end without one', () => {
    for (const scenario of sampleOf(2, 60)) expect(endsByCrash(engine, { ...scenario, cancels: 0 })).toEqual([])
  })
})
