import { gateFaults, observeFaults, stepFaults, type Fault, type Faults } from './fault.ts'
import { leafShapes, type LeafShape, type Shape } from './shape.ts'
import { structures, withOnePolicy, withOneSpecial } from './shapes.ts'
import type { Scenario } from './state.ts'

export const plainScenario: Omit<Scenario, 'shape'> = {
  onFailure: 'compensate',
  faults: new Map(),
  crashes: 1,
  cancels: 1,
  cancelMode: 'compensate',
  losses: 0,
  answers: 2,
  replays: false,
}

/** Everything that can go wrong with one leaf. */
export function faultsFor({ leaf, isCut }: LeafShape): readonly Fault[] {
  if (leaf === 'gate') return gateFaults
  if (leaf === 'observe') return observeFaults
  return isCut === true ? stepFaults.filter((fault) => !fault.startsWith('undo') && fault !== 'loses') : stepFaults
}

/** No fault, then each fault of each leaf. */
export function oneFault(shape: Shape): readonly Faults[] {
  const single = leafShapes(shape).flatMap((leaf) => faultsFor(leaf).map((fault): Faults => new Map([[leaf.name, [fault]]])))
  return [new Map<string, readonly Fault[]>(), ...single]
}

/** Structures, then the same with one policy inside, then with one special leaf. */
export function shapesOf(steps: number): readonly Shape[] {
  const plain = structures(steps)
  return [...plain, ...plain.flatMap((shape) => withOnePolicy(shape, ['compensate', 'go-on', 'halt'])), ...plain.flatMap(withOneSpecial)]
}

/**
 * Every scenario of the exhaustive search: plans of up to three steps with one policy or one special leaf, and every structure of four
 * steps; each with every failure of every leaf. `everything` adds policies and special leaves to four steps: a hundred times as much.
 */
export function* allScenarios(most: number, everything = false): Generator<Scenario> {
  let number = 0
  for (let steps = 1; steps <= most; steps++) {
    const shapes = steps <= 3 || everything ? shapesOf(steps) : structures(steps)
    for (const shape of shapes) for (const faults of oneFault(shape)) yield inTurn({ ...plainScenario, shape, faults }, number++)
  }
}

/** What would multiply the search is taken in turns: a plan that halts, a cancel that holds, a lost lease instead of a crash. */
function inTurn(scenario: Scenario, number: number): Scenario {
  const halts = number % 3 === 2 ? ({ onFailure: 'halt' } as const) : {}
  const holds = number % 4 === 3 ? ({ cancelMode: 'hold' } as const) : {}
  const loses = number % 5 === 4 ? { losses: 1, crashes: 0 } : {}
  return { ...scenario, ...halts, ...holds, ...loses }
}
