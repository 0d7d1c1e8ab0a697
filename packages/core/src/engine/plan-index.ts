import { RollbackError } from '../contract/errors.ts'
import type { ApprovalPolicy } from '../contract/nodes.ts'
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
  /** Who may approve hazardous steps: said by the first approval gate in the order of the plan. */
  readonly approvalPolicy: ApprovalPolicy | undefined
  /** That gate. */
  readonly approvalGate: IndexedNode | undefined
}

/** Where a node is added: under whom, at which place, and which scopes around it keep others from writing. */
interface Position {
  readonly parent: IndexedNode | undefined
  readonly place: number
  readonly stoppedBy: readonly IndexedNode[]
  readonly isAlways: boolean
}

interface Indexing {
  readonly nodes: IndexedNode[]
  readonly byId: Map<string, IndexedNode>
}

/** Numbers every node once. Linear. */
export function indexPlan(plan: SealedPlan): PlanIndex {
  const indexing: Indexing = { nodes: [], byId: new Map() }
  const top = { parent: undefined, place: 0, stoppedBy: [] }
  const root = add(indexing, plan.tree, { ...top, isAlways: false })
  const approvalGate = indexing.nodes.find((node) => policyOf(node) !== undefined)
  const approvalPolicy = approvalGate === undefined ? undefined : policyOf(approvalGate)
  const always = plan.always.map((node) => add(indexing, node, { ...top, isAlways: true }))
  return { plan, root, always, approvalGate, approvalPolicy, ...indexing }
}

function policyOf({ sealed }: IndexedNode): ApprovalPolicy | undefined {
  return 'gate' in sealed && sealed.gate?.gate === 'approval' ? sealed.gate : undefined
}

function add(indexing: Indexing, sealed: SealedNode, position: Position): IndexedNode {
  const children: IndexedNode[] = []
  const enter = 'of' in sealed && sealed.of !== undefined ? indexing.byId.get(sealed.of) : undefined
  const node: IndexedNode = {
    number: indexing.nodes.length,
    sealed,
    ...position,
    children,
    ...(enter === undefined ? {} : { of: enter }),
  }
  indexing.nodes.push(node)
  indexing.byId.set(sealed.id, node)
  if (isGroup(sealed)) addChildren(indexing, sealed, node, children)
  return node
}

function addChildren(indexing: Indexing, group: SealedGroup, parent: IndexedNode, children: IndexedNode[]): void {
  let { stoppedBy } = parent
  for (const [place, child] of group.children.entries()) {
    const added = add(indexing, child, { parent, place, stoppedBy, isAlways: parent.isAlways })
    children.push(added)
    if (!isGroup(child) && child.stopsWriters === true) stoppedBy = [...stoppedBy, added]
  }
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
