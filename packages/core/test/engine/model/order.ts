import type { IndexedLeaf, IndexedNode, LeafState, Run } from '../../../src/index.ts'

/** The rules of order, said once more without the engine: from the tree and the states of its leaves. */

export const isLeafNode = (node: IndexedNode): node is IndexedLeaf => !('children' in node.sealed)

export const stateOf = (run: Run, node: IndexedNode): LeafState => run.leaves[node.number] as LeafState

export function leavesIn(node: IndexedNode): readonly IndexedLeaf[] {
  return isLeafNode(node) ? [node] : node.children.flatMap(leavesIn)
}

/** Nothing of it stands: never touched, or put back and proven. */
export function isPutBack(run: Run, node: IndexedNode): boolean {
  return leavesIn(node).every((leaf) => {
    const { touched, undo } = stateOf(run, leaf)
    return !touched || undo === 'done'
  })
}

/** What comes after it in a sequence may start. */
export function isComplete(run: Run, node: IndexedNode): boolean {
  if (isLeafNode(node)) return isCompleteLeaf(run, node)
  const isOptional = 'onFailure' in node.sealed && node.sealed.onFailure === 'go-on'
  return isCompleteGroup(run, node) || (isOptional && isPutBack(run, node))
}

function isCompleteLeaf(run: Run, node: IndexedLeaf): boolean {
  const { phase } = stateOf(run, node)
  if (phase === 'done' || phase === 'skipped') return true
  if (node.of === undefined) return false
  const scope = stateOf(run, node.of)
  return scope.unchanged || (scope.phase === 'skipped' && !scope.touched)
}

function isCompleteGroup(run: Run, node: IndexedNode): boolean {
  switch (node.sealed.type) {
    case 'fallback': {
      const taken = node.children.findIndex((child) => isComplete(run, child))
      return taken >= 0 && node.children.slice(0, taken).every((child) => isPutBack(run, child))
    }
    case 'choose': {
      const taken = run.branches.get(node.number)
      const child = taken === undefined ? undefined : node.children[taken]
      return taken === -1 || (child !== undefined && isComplete(run, child))
    }
    default:
      return node.children.every((child) => isComplete(run, child))
  }
}

/** Why a leaf may not start now, if so. */
export function whyTooEarly(run: Run, leaf: IndexedNode): string | undefined {
  for (let at = leaf; at.parent !== undefined; at = at.parent) {
    const before = at.parent.children.slice(0, at.place)
    const { type } = at.parent.sealed
    if (type === 'sequence' && !before.every((child) => isComplete(run, child)))
      return `something before it in ${at.parent.sealed.id} is not complete`
    if (type === 'fallback' && !before.every((child) => isPutBack(run, child)))
      return `an earlier alternative of ${at.parent.sealed.id} still stands`
    if (type === 'choose' && run.branches.get(at.parent.number) !== at.place) return `its branch of ${at.parent.sealed.id} is not taken`
    if (type === 'together' && runningIn(run, at.parent, at.place) >= limitOf(at.parent)) return `too many run in ${at.parent.sealed.id}`
  }
  return undefined
}

function limitOf(node: IndexedNode): number {
  return node.sealed.type === 'together' ? (node.sealed.maxParallel ?? Infinity) : Infinity
}

/** Others in which something is under way. */
function runningIn(run: Run, group: IndexedNode, except: number): number {
  return group.children.filter((child, place) => place !== except && hasBegun(run, child) && !isComplete(run, child)).length
}

const hasBegun = (run: Run, node: IndexedNode): boolean => leavesIn(node).some((leaf) => isRunning(run, leaf))

/** Being prepared or executed. What is only looked at may be as much as there is. */
function isRunning(run: Run, leaf: IndexedLeaf): boolean {
  const what = run.outstanding.get(leaf.number)?.do
  return what === 'prepare' || what === 'execute'
}

/** Why a leaf may not be undone now, if so: what came after it goes back first. */
export function whyNotUndoYet(run: Run, leaf: IndexedNode): string | undefined {
  for (let at = leaf; at.parent !== undefined; at = at.parent) {
    if (at.parent.sealed.type !== 'sequence') continue
    const standing = at.parent.children
      .slice(at.place + 1)
      .flatMap(leavesIn)
      .find((later) => !isPutBack(run, later))
    if (standing !== undefined) return `${standing.sealed.id} came after it and still stands`
  }
  return undefined
}
