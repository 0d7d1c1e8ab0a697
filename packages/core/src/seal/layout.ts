import { RollbackError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { Check, Query } from '../contract/nodes.ts'
import type { OutputReference } from '../contract/output.ts'
import type { AnyNode, Group } from '../plan/group.ts'
import { forEachOutput } from './reference.ts'

/** Where a node stands: its parent and its place in it. */
export interface Place {
  readonly parent: Group | undefined
  readonly index: number
  readonly depth: number
  /** Prefix of the ids below: names of nested plans and of `named`. */
  readonly path: string
  readonly isAlways: boolean
}

/** Every node of a plan with its place, and every query that it needs. */
export interface Layout {
  readonly places: ReadonlyMap<object, Place>
  /** In the order of the plan; groups too. */
  readonly order: readonly AnyNode[]
  readonly queries: readonly Query[]
  /** Lists whose length is not known yet. */
  readonly unexpanded: readonly Group[]
  readonly usedTwice: readonly AnyNode[]
}

/** Children of lists, found when their query was answered; kept, so that a node stays the same object. */
export type Expansions = Map<Group, readonly AnyNode[]>

const maxDepth = 500

/** Walks the plan once. Linear in the number of nodes. */
export function layOut(root: Group, expansions: Expansions): Layout {
  const places = new Map<object, Place>()
  const order: AnyNode[] = []
  const queries = new Set<Query>()
  const unexpanded: Group[] = []
  const usedTwice: AnyNode[] = []
  const visit = (node: AnyNode, place: Place): void => {
    for (const query of queriesIn(node)) queries.add(query)
    if (node.node === 'query') return
    if (places.has(node)) {
      if (node.node !== 'group' || node.children.length > 0) usedTwice.push(node)
      return
    }
    if (place.depth > maxDepth) throw tooDeep()
    places.set(node, place)
    order.push(node)
    if (node.node !== 'group') return
    if (node.group === 'for-each' && !expansions.has(node)) unexpanded.push(node)
    const path = pathInside(node, place)
    childrenOf(node, expansions).forEach((child, index) =>
      visit(child, { parent: node, index, depth: place.depth + 1, path, isAlways: place.isAlways }),
    )
    for (const child of alwaysOf(node)) visit(child, { parent: node, index: 0, depth: place.depth + 1, path, isAlways: true })
  }
  visit(root, { parent: undefined, index: 0, depth: 0, path: '', isAlways: false })
  return { places, order, queries: [...queries], unexpanded, usedTwice }
}

export function childrenOf(group: Group, expansions: Expansions): readonly AnyNode[] {
  return group.group === 'for-each' ? (expansions.get(group) ?? []) : group.children
}

export function alwaysOf(group: Group): readonly AnyNode[] {
  return (group.definition?.always ?? []) as unknown as readonly AnyNode[]
}

function pathInside(group: Group, place: Place): string {
  const isNested = group.group === 'plan' ? place.parent !== undefined : group.group === 'named'
  return isNested && group.name !== undefined ? `${place.path}${group.name}/` : place.path
}

/** Queries stand in the plan or are only referred to by options; both are asked. */
function queriesIn(node: AnyNode): readonly Query[] {
  const found: Query[] = []
  const collect = (reference: OutputReference): void => {
    const source = reference.source as AnyNode
    if (source.node !== 'query') return
    forEachOutput(source.options, collect)
    found.push(source)
  }
  if (node.node === 'query') {
    forEachOutput(node.options, collect)
    found.push(node)
  } else if (node.node === 'group') {
    forEachOutput(node.conditions ?? [], collect)
    if (node.items !== undefined) collect(node.items as unknown as OutputReference)
  } else forEachOutput(optionsOf(node), collect)
  return found
}

/** The options of a leaf, as they are hashed. */
export function optionsOf(node: Exclude<AnyNode, Group | Query>): unknown {
  const checkOf = ({ kind, target, options }: Check): unknown => ({ kind, target, options })
  if (node.node === 'require') return node.checks.map(checkOf)
  return node.node === 'observe' ? { ...node.options, checks: node.options.checks.map(checkOf) } : node.options
}

/** The children of a list, once its items are known. */
export function expand(group: Group, items: Json): readonly AnyNode[] {
  if (!Array.isArray(items)) {
    throw new RollbackError('PLAN_INVALID', `forEach was given ${typeof items}, not a list`, {
      hint: 'Pass a list, or the output of a query that is a list.',
    })
  }
  return (items as readonly Json[]).map((item) => group.expand?.(item) as unknown as AnyNode)
}

function tooDeep(): RollbackError {
  return new RollbackError('PLAN_INVALID', `The plan is nested more than ${maxDepth} levels deep`, {
    hint: 'Compose side by side instead: a sequence may be as long as you like.',
  })
}
