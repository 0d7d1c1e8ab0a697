import { gateFaults, observeFaults, stepFaults, type Fault } from './fault.ts'
import { isAllowed } from './shapes.ts'
import { isGroupShape, leafShapes, type LeafShape, type Shape } from './shape.ts'
import type { Random } from './random.ts'
import type { Scenario } from './state.ts'

/** A large plan in which much goes wrong, mostly where it hurts: in alternatives beside running siblings, in scopes, and on the way back. */
export function randomScenario(random: Random, size: number): Scenario {
  const shape = randomShape(random, size)
  return {
    shape,
    onFailure: random.chance(0.65) ? 'compensate' : 'halt',
    faults: new Map(randomFaults(random, shape, 0.15)),
    crashes: random.below(4),
    cancels: random.chance(0.4) ? 1 : 0,
    cancelMode: random.chance(0.8) ? 'compensate' : 'hold',
    losses: random.chance(0.2) ? 1 : 0,
    answers: 1 + random.below(5),
    replays: false,
  }
}

function randomShape(random: Random, size: number): Shape {
  const count = { names: 0 }
  const children: Shape[] = []
  while (count.names < size) children.push(nodeOf(random, count, 4))
  const shape: Shape = { group: 'sequence', children }
  const cut = random.chance(0.3) ? withCut(shape, random.pick(cuttable(random, shape)).name) : shape
  return isAllowed(cut) ? cut : shape
}

/** Half of the time inside a fallback: no other alternative may be tried past it. */
function cuttable(random: Random, shape: Shape): readonly LeafShape[] {
  const inside = random.chance(0.5) ? leafShapes(shape).filter(({ name }) => isInFallback(shape, name)) : []
  return inside.length > 0 ? inside : leafShapes(shape)
}

function isInFallback(shape: Shape, name: string): boolean {
  if (!isGroupShape(shape)) return false
  if (shape.group === 'fallback') return shape.children.some((child) => leafShapes(child).some((leaf) => leaf.name === name))
  return shape.children.some((child) => isInFallback(child, name))
}

function withCut(shape: Shape, name: string): Shape {
  if (isGroupShape(shape)) return { ...shape, children: shape.children.map((child) => withCut(child, name)) }
  return shape.name === name && shape.leaf === 'step' ? { ...shape, isCut: true } : shape
}

const groups = [
  'sequence',
  'sequence',
  'together',
  'together',
  'fallback',
  'fallback',
  'choose',
  'during',
  'policy',
  'policy',
  'leaf',
  'leaf',
] as const

function nodeOf(random: Random, count: { names: number }, depth: number): Shape {
  const some = (least: number): readonly Shape[] => Array.from({ length: least + random.below(2) }, () => nodeOf(random, count, depth - 1))
  const kind = depth === 0 ? 'leaf' : random.pick(groups)
  switch (kind) {
    case 'together':
      return { group: 'together', children: some(2), ...(random.chance(0.2) ? { limit: 1 + random.below(2) } : {}) }
    case 'choose':
      return { group: 'choose', children: some(2), taken: random.below(3) }
    case 'during':
      return { group: 'during', children: [leafOf(random, count, true), nodeOf(random, count, depth - 1)] }
    case 'policy': {
      const inner = nodeOf(random, count, depth - 1)
      const policy = random.pick(['go-on', 'go-on', 'compensate', 'compensate', 'halt'] as const)
      return isGroupShape(inner) ? { ...inner, policy } : { group: 'sequence', policy, children: [inner] }
    }
    case 'leaf':
      return leafOf(random, count, false)
    default:
      return { group: kind, children: some(2) }
  }
}

function leafOf(random: Random, count: { names: number }, isScope: boolean): LeafShape {
  const name = `s${count.names++}`
  if (!isScope && random.chance(0.08)) return { leaf: random.chance(0.5) ? 'gate' : 'observe', name }
  return { leaf: 'step', name, ...(random.chance(0.3) ? { idempotency: 'none' } : {}) }
}

const undoFaults = stepFaults.filter((fault) => fault.startsWith('undo') || fault === 'foreign' || fault === 'loses')
/** Plans that are refused before their first effect show little. */
const rare: ReadonlySet<Fault> = new Set(['drifted', 'prepareRefuse'])
const failures = stepFaults.filter((fault) => !undoFaults.includes(fault))

function randomFaults(random: Random, shape: Shape, chance: number): readonly (readonly [string, readonly Fault[]])[] {
  if (!isGroupShape(shape)) return faultsOfLeaf(random, shape, chance)
  const isRisky = shape.group === 'fallback'
  return shape.children.flatMap((child, index) => randomFaults(random, child, isRisky && index === 0 ? Math.max(chance, 0.35) : chance))
}

function faultsOfLeaf(random: Random, { leaf, name, isCut }: LeafShape, chance: number): readonly (readonly [string, readonly Fault[]])[] {
  if (leaf === 'gate') return random.chance(chance) ? [[name, gateFaults]] : []
  if (leaf === 'observe') return random.chance(chance) ? [[name, [random.pick(observeFaults)]]] : []
  const picked = random.pick(failures)
  const forth = random.chance(rare.has(picked) ? chance / 8 : chance) ? [picked] : []
  const back = isCut !== true && random.chance(0.12) ? [random.pick(undoFaults)] : []
  return forth.length + back.length === 0 ? [] : [[name, [...forth, ...back]]]
}

/** The same plan with one part less, in every way. */
export function smaller(scenario: Scenario): readonly Scenario[] {
  return parts(scenario.shape)
    .filter((shape) => isAllowed(shape) && leafShapes(shape).length > 0)
    .map((shape) => {
      const names = new Set(leafShapes(shape).map(({ name }) => name))
      return { ...scenario, shape, faults: new Map([...scenario.faults].filter(([name]) => names.has(name))) }
    })
}

function parts(shape: Shape): readonly Shape[] {
  if (!isGroupShape(shape)) return []
  const { children, group } = shape
  const isFixed = group === 'during' || group === 'choose'
  const without =
    isFixed || children.length < 2 ? [] : children.map((_, index): Shape => ({ ...shape, children: children.toSpliced(index, 1) }))
  const deeper = children.flatMap((child, index) => parts(child).map((part): Shape => ({ ...shape, children: children.with(index, part) })))
  return [...children, ...without, ...deeper]
}
