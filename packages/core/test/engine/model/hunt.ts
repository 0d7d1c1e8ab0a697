import type { Engine } from './engine.ts'
import { endsByCrash, explore } from './explore.ts'
import { oneFault, plainScenario, shapesOf } from './scenarios.ts'
import { simulateMany } from './simulate.ts'
import type { Scenario } from './state.ts'

/** What found a planted bug. */
export interface Catch {
  readonly by: 'simulation' | 'exploration' | 'comparison with no crash'
  readonly after: number
  readonly fault: string
}

/** Looks for a bug with everything that needs no runner, cheapest first. `undefined`: none was found. */
export function hunt(engine: Engine, plans: number): Catch | undefined {
  let count = 0
  const seeds = Array.from({ length: plans }, (_, index) => index + 1)
  const simulated = simulateMany(engine, seeds, () => count++)
  if (simulated !== undefined) return { by: 'simulation', after: count, fault: simulated }
  count = 0
  for (const scenario of smallScenarios()) {
    count++
    const { fault } = explore(engine, scenario)
    if (fault !== undefined) return { by: 'exploration', after: count, fault }
    const ends = scenario.cancels === 0 ? endsByCrash(engine, scenario) : []
    if (ends.length > 0) return { by: 'comparison with no crash', after: count, fault: ends.join('; ') }
  }
  return undefined
}

function* smallScenarios(): Generator<Scenario> {
  for (const steps of [1, 2])
    for (const shape of shapesOf(steps))
      for (const faults of oneFault(shape))
        for (const onFailure of ['compensate', 'halt'] as const)
          for (const cancels of [0, 1]) yield { ...plainScenario, shape, faults, onFailure, cancels }
}
