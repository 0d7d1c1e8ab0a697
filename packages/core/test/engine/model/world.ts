import { effectOf, undoOf, type Fault, type Faults, type WriteOutcome } from './fault.ts'
import type { IndexedLeaf, Position } from '../../../src/index.ts'

export type Value = 'old' | 'new' | 'half' | 'foreign'

/** One object per step, changed from `old` to `new`; a scope's release changes it back. */
export interface Cell {
  readonly value: Value
  /** An effect whose answer was lost is still on its way: nobody can see how it ends. */
  readonly landing?: Value
}

/** Everything outside the engine. Replaced, never changed. */
export interface World {
  readonly cells: ReadonlyMap<string, Cell>
  /** Where each of them stood before the run. */
  readonly initial: ReadonlyMap<string, Value>
  /** Leases that the running process holds. */
  readonly held: ReadonlySet<string>
  /** Effects and undos that were tried, by leaf. */
  readonly tries: ReadonlyMap<string, number>
  readonly violations: readonly string[]
}

export function newWorld(names: readonly string[], faults: Faults): World {
  const initial = new Map(names.map((name): [string, Value] => [name, initialValue(faults.get(name) ?? [])]))
  return {
    cells: new Map([...initial].map(([name, value]) => [name, { value }])),
    initial,
    held: new Set(),
    tries: new Map(),
    violations: [],
  }
}

function initialValue(faults: readonly Fault[]): Value {
  if (faults.includes('drifted')) return 'foreign'
  return faults.includes('unchanged') ? 'new' : 'old'
}

export const leaseOf = (node: IndexedLeaf): string => `lease ${cellName(node)}`

/** The step whose object a leaf changes: of a release, the step of its scope. */
export const cellName = (node: IndexedLeaf): string => node.sealed.of ?? node.sealed.id

export const cellOf = (world: World, node: IndexedLeaf): Cell => world.cells.get(cellName(node)) ?? { value: 'old' }

/** Where the effect of a leaf begins and ends; a release goes the way of its scope back. */
export function wayOf(node: IndexedLeaf): { readonly from: Value; readonly to: Value } {
  return node.of === undefined ? { from: 'old', to: 'new' } : { from: 'new', to: 'old' }
}

export function positionOf(world: World, node: IndexedLeaf): Position {
  const { value, landing } = cellOf(world, node)
  const { from, to } = wayOf(node)
  if (landing !== undefined) return { at: 'unknown', detail: 'an earlier call is under way' }
  if (value === to) return { at: 'after', receipt: {} }
  if (value === from) return { at: 'before' }
  return { at: value === 'half' ? 'between' : 'elsewhere', detail: value }
}

export const withCell = (world: World, name: string, cell: Cell): World => ({ ...world, cells: new Map(world.cells).set(name, cell) })

/** The guard inside each write refuses somebody else's change. That an undo looks first is the engine's own promise. */
export const isGuarded = (world: World, node: IndexedLeaf): boolean => cellOf(world, node).value === 'foreign'

/** The next effect or undo of a leaf, as its faults say. */
export function nextWrite(
  world: World,
  node: IndexedLeaf,
  faults: Faults,
  direction: 'do' | 'undo',
): { readonly outcome: WriteOutcome; readonly world: World } {
  const key = `${direction} ${node.sealed.id}`
  const count = (world.tries.get(key) ?? 0) + 1
  const mine = faults.get(node.sealed.id) ?? []
  return {
    outcome: direction === 'do' ? effectOf(mine, count) : undoOf(mine, count),
    world: { ...world, tries: new Map(world.tries).set(key, count) },
  }
}

/** Makes an effect or an undo, and notes what must never happen. */
export function write(world: World, node: IndexedLeaf, direction: 'do' | 'undo', effect: WriteOutcome['effect']): World {
  const { value, landing } = cellOf(world, node)
  const { from, to } = direction === 'do' ? wayOf(node) : { from: wayOf(node).to, to: wayOf(node).from }
  const id = node.sealed.id
  const problems: string[] = []
  if (!world.held.has(leaseOf(node))) problems.push(`${direction} ${id} without its lease`)
  const isRepeated = (world.tries.get(`${direction} ${id}`) ?? 0) > 1
  if (value === 'half' && isRepeated && direction === 'do' && node.sealed.idempotency === 'none')
    problems.push(`${direction} ${id} again over its own half`)
  if (landing !== undefined) problems.push(`${direction} ${id} while an earlier call of it is under way`)
  if (value === 'foreign') problems.push(`${direction} ${id} over somebody else's change`)
  if (value === to && node.sealed.idempotency === 'none') problems.push(`${direction} ${id} twice`)
  if (value !== from && value !== 'half' && value !== to && value !== 'foreign') problems.push(`${direction} ${id} at ${value}`)
  const noted = problems.length === 0 ? world : { ...world, violations: [...world.violations, ...problems] }
  const name = cellName(node)
  switch (effect) {
    case 'none':
      return noted
    case 'later':
      return withCell(noted, name, { value, landing: to })
    case 'half':
      return withCell(noted, name, { value: 'half' })
    case 'whole':
      return withCell(noted, name, { value: to })
  }
}

/** Effects that are still on their way arrive. */
export function landings(world: World): readonly { readonly name: string; readonly world: World }[] {
  return [...world.cells].flatMap(([name, { landing }]) =>
    landing === undefined ? [] : [{ name, world: withCell(world, name, { value: landing }) }],
  )
}
