import { RollbackError } from '../contract/errors.ts'
import { isGroup, type SealedGroup, type SealedLeaf, type SealedNode, type SealedPlan } from '../seal/sealed-plan.ts'

/** A node of the sealed plan with its neighbours, so that nothing in the engine searches. */
export interface IndexedNode {
  readonly number: number
  readonly sealed: SealedNode
  readonly parent: IndexedNode | undefined
  /** Among the children of the parent. */
  readonly place: number
  readonly children: readonly IndexedNode[]
  /** Scopes around this node that keep everybody else from writing: the numbers of their entering leaves. */
  readonly stoppedBy: readonly IndexedNode[]
  /** `release` only: the entering leaf. */
  readonly of?: IndexedNode
  readonly isAlways: boolean
}

/** A leaf with its place. */
export type IndexedLeaf = IndexedNode & { readonly sealed: SealedLeaf }

export interface PlanIndex {
  readonly plan: SealedPlan
  readonly root: IndexedNode
  readonly always: readonly IndexedNode[]
  readonly nodes: readonly IndexedNode[]
  readonly byId: ReadonlyMap<string, IndexedNode>
}

/** Numbers every node once. Linear. */
export function indexPlan(plan: SealedPlan): PlanIndex {
  const nodes: IndexedNode[] = []
  const byId = new Map<string, IndexedNode>()
  const add = (
    sealed: SealedNode,
    parent: IndexedNode | undefined,
    place: number,
    stoppedBy: readonly IndexedNode[],
    isAlways: boolean,
  ): IndexedNode => {
    const children: IndexedNode[] = []
    const enter = 'of' in sealed && sealed.of !== undefined ? byId.get(sealed.of) : undefined
    const node: IndexedNode = {
      number: nodes.length,
      sealed,
      parent,
      place,
      children,
      stoppedBy,
      isAlways,
      ...(enter === undefined ? {} : { of: enter }),
    }
    nodes.push(node)
    byId.set(sealed.id, node)
    if (isGroup(sealed)) addChildren(sealed, node, children, stoppedBy, isAlways)
    return node
  }
  const addChildren = (
    group: SealedGroup,
    node: IndexedNode,
    children: IndexedNode[],
    stoppedBy: readonly IndexedNode[],
    isAlways: boolean,
  ): void => {
    let inside = stoppedBy
    group.children.forEach((child, place) => {
      const added = add(child, node, place, inside, isAlways)
      children.push(added)
      if (!isGroup(child) && child.stopsWriters === true) inside = [...inside, added]
    })
  }
  const root = add(plan.tree, undefined, 0, [], false)
  return { plan, root, always: plan.always.map((node) => add(node, undefined, 0, [], true)), nodes, byId }
}

export function isLeaf(node: IndexedNode): node is IndexedLeaf {
  return !isGroup(node.sealed)
}

/**
 * The leaf of an id.
 *
 * @throws RollbackError `JOURNAL_CORRUPT` when the plan has no such leaf: the journal belongs to another plan.
 */
export function leafNamed(index: PlanIndex, id: string): IndexedLeaf {
  const node = index.byId.get(id)
  if (node !== undefined && isLeaf(node)) return node
  throw new RollbackError('JOURNAL_CORRUPT', `The journal names "${id}", which the sealed plan does not have`, {
    hint: 'The journal belongs to another plan or was edited. Restore the run directory from a copy.',
  })
}
