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
