import { isGroup, type SealedGroup, type SealedLeaf, type SealedNode, type SealedPlan } from '../seal/sealed-plan.ts'
import { flow, isConditional } from './flow.ts'

/** How two leaves of one plan are ordered. `exclusive`: at most one of them runs, or the first was put back before the second starts. */
export type LeafOrder = 'before' | 'after' | 'beside' | 'exclusive'

/** A `during` scope: entered by `step`, left by `release`. */
export interface PlanScope {
  readonly step: SealedLeaf
  readonly release: SealedLeaf
  /** What runs inside, in the order of the plan. */
  readonly body: readonly SealedLeaf[]
}

export type LeafTest = (leaf: SealedLeaf) => boolean

/**
 * Questions about the order of a sealed plan, for authors of lint rules. Built once per lint, in time linear in the size of the plan. Its
 * `always` nodes have no order and are left out.
 *
 * Sets hold leaf ids. Every question takes all branches as possible, also those that the sealed answers rule out: the same plan runs with
 * other answers in the next incident.
 */
export interface PlanGraph {
  readonly plan: SealedPlan
  /** All leaves in the order of the plan. */
  readonly leaves: readonly SealedLeaf[]
  /** All groups, outermost first. */
  readonly groups: readonly SealedGroup[]
  readonly scopes: readonly PlanScope[]
  readonly leaf: (id: string) => SealedLeaf | undefined
  /** The groups around a leaf, innermost first. */
  readonly ancestors: (leaf: SealedLeaf) => readonly SealedGroup[]
  /** The scopes that are entered while a leaf runs, innermost first. A scope step is not inside its own scope. */
  readonly scopesAround: (leaf: SealedLeaf) => readonly PlanScope[]
  /** The order of two leaves when both run. */
  readonly order: (one: SealedLeaf, other: SealedLeaf) => LeafOrder
  /** True when `one` has run, and was not put back, whenever `other` starts. */
  readonly isCertainlyBefore: (one: SealedLeaf, other: SealedLeaf) => boolean
  /** Leaves that no way reaches without passing a match first. */
  readonly reachedOnlyAfter: (matches: LeafTest) => ReadonlySet<string>
  /** Leaves that some way reaches after a match. */
  readonly mayFollow: (matches: LeafTest) => ReadonlySet<string>
  /** Leaves after which every way to the end passes a match. */
  readonly alwaysFollowedBy: (matches: LeafTest) => ReadonlySet<string>
  /** Leaves after which some way passes a match. Within one group when `inside` is given. */
  readonly mayBeFollowedBy: (matches: LeafTest, inside?: SealedGroup) => ReadonlySet<string>
}

interface Place {
  readonly parent: SealedGroup | undefined
  readonly index: number
  readonly depth: number
}

interface Index {
  readonly places: ReadonlyMap<SealedNode, Place>
  readonly leaves: readonly SealedLeaf[]
  readonly groups: readonly SealedGroup[]
  readonly scopes: ReadonlyMap<SealedGroup, PlanScope>
}

/** Makes the graph of a sealed plan. */
export function planGraph(plan: SealedPlan): PlanGraph {
  const index = indexOf(plan.tree)
  const byId = new Map(index.leaves.map((leaf) => [leaf.id, leaf]))
  const ancestors = (leaf: SealedLeaf): readonly SealedGroup[] => ancestorsIn(index, leaf)
  return {
    plan,
    leaves: index.leaves,
    groups: index.groups,
    scopes: [...index.scopes.values()],
    leaf: (id) => byId.get(id),
    ancestors,
    scopesAround: (leaf) => scopesAround(index, leaf),
    order: (one, other) => meeting(index, one, other).order,
    isCertainlyBefore(one, other) {
      const { order, group } = meeting(index, one, other)
      return (
        order === 'before' &&
        ancestors(one)
          .slice(0, group === undefined ? 0 : ancestors(one).indexOf(group))
          .every((above) => !isConditional(above))
      )
    },
    reachedOnlyAfter: (matches) => passed(plan.tree, 'forward', matches, 'every'),
    mayFollow: (matches) => passed(plan.tree, 'forward', matches, 'some'),
    alwaysFollowedBy: (matches) => passed(plan.tree, 'backward', matches, 'every'),
    mayBeFollowedBy: (matches, inside) => passed(inside ?? plan.tree, 'backward', matches, 'some'),
  }
}

function passed(root: SealedNode, direction: 'forward' | 'backward', matches: LeafTest, ways: 'every' | 'some'): ReadonlySet<string> {
  const states = flow<boolean>(root, {
    direction,
    start: false,
    pass: (leaf, before) => before || matches(leaf),
    beside: (ends) => ends.some(Boolean),
    either: (ends) => (ways === 'every' ? ends.every(Boolean) : ends.some(Boolean)),
  })
  return new Set([...states].filter(([, isPassed]) => isPassed).map(([id]) => id))
}

function indexOf(root: SealedNode): Index {
  const places = new Map<SealedNode, Place>()
  const leaves: SealedLeaf[] = []
  const groups: SealedGroup[] = []
  const scopes = new Map<SealedGroup, PlanScope>()
  const visit = (node: SealedNode, place: Place): void => {
    places.set(node, place)
    if (!isGroup(node)) {
      leaves.push(node)
      return
    }
    groups.push(node)
    const first = leaves.length
    node.children.forEach((child, index) => visit(child, { parent: node, index, depth: place.depth + 1 }))
    const scope = scopeOf(node, leaves.slice(first))
    if (scope !== undefined) scopes.set(node, scope)
  }
  visit(root, { parent: undefined, index: 0, depth: 0 })
  return { places, leaves, groups, scopes }
}

/** A scope is sealed as a sequence of its step, its body and the release that names the step. */
function scopeOf(group: SealedGroup, inside: readonly SealedLeaf[]): PlanScope | undefined {
  const step = group.children[0]
  const release = group.children.at(-1)
  if (group.type !== 'sequence' || step === undefined || release === undefined || isGroup(step) || isGroup(release)) return undefined
  return release.type === 'release' && release.of === step.id ? { step, release, body: inside.slice(1, -1) } : undefined
}

function ancestorsIn(index: Index, node: SealedNode): readonly SealedGroup[] {
  const found: SealedGroup[] = []
  for (let at = index.places.get(node)?.parent; at !== undefined; at = index.places.get(at)?.parent) found.push(at)
  return found
}

function scopesAround(index: Index, leaf: SealedLeaf): readonly PlanScope[] {
  return ancestorsIn(index, leaf)
    .map((group) => index.scopes.get(group))
    .filter((scope) => scope !== undefined && scope.step !== leaf && scope.release !== leaf) as readonly PlanScope[]
}

function meeting(index: Index, one: SealedLeaf, other: SealedLeaf): { readonly order: LeafOrder; readonly group?: SealedGroup } {
  let left: SealedNode = one
  let right: SealedNode = other
  for (;;) {
    const leftPlace: Place | undefined = index.places.get(left)
    const rightPlace: Place | undefined = index.places.get(right)
    if (leftPlace?.parent === undefined || rightPlace?.parent === undefined || left === right) return { order: 'exclusive' }
    const { parent: group } = leftPlace
    if (group === rightPlace.parent) return { order: orderIn(group, leftPlace.index, rightPlace.index), group }
    if (leftPlace.depth >= rightPlace.depth) left = group
    if (rightPlace.depth >= leftPlace.depth) right = rightPlace.parent
  }
}

function orderIn(group: SealedGroup, left: number, right: number): LeafOrder {
  if (group.type === 'together') return 'beside'
  if (group.type !== 'sequence') return 'exclusive'
  return left < right ? 'before' : 'after'
}
