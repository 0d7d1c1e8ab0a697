import { isHazardous } from '../contract/risk.ts'
import { backwardBeside } from './beside.ts'
import type { LeafState } from './leaf-state.ts'
import type { Undone } from './memo.ts'
import { isLeaf, type IndexedLeaf, type IndexedNode } from './plan-index.ts'
import { inTheWay, say, type Round } from './round.ts'
import { leafAt, type Run } from './run.ts'

/** How far a node is, going back, collecting what has to be done next. */
export function backward(round: Round, node: IndexedNode): Undone {
  const memo = round.memoOf(node)
  if (memo.backward?.version === memo.version) return memo.backward.undone
  const undone = isLeaf(node) ? backwardLeaf(round, node) : backwardGroup(round, node)
  memo.backward = { version: memo.version, undone }
  return undone
}

function backwardGroup(round: Round, node: IndexedNode): Undone {
  if (node.sealed.type !== 'sequence') return backwardBeside(round, node)
  const memo = round.memoOf(node)
  for (; memo.backCursor >= 0; memo.backCursor--) {
    const undone = backward(round, node.children[memo.backCursor] as IndexedNode)
    if (undone !== 'undone') return undone
  }
  return 'undone'
}

function backwardLeaf(round: Round, node: IndexedLeaf): Undone {
  const undone = leafUndone(round, node)
  if (undone === 'stuck' || undone === 'cut') inTheWay(round, node, 'backward')
  return undone
}

function leafUndone(round: Round, node: IndexedLeaf): Undone {
  if (round.run.outstanding.has(node.number)) return 'active'
  const leaf = leafAt(round.run, node)
  if (leaf.phase === 'intended') return 'active'
  if (leaf.phase === 'doubt' && !leaf.unchanged) return say(round, node, 'probe')
  if (isUnclear(leaf)) return 'stuck'
  if (leaf.crossed && leaf.touched) return 'cut'
  if (!leaf.touched || !node.sealed.canUndo || leaf.undo === 'done') return 'undone'
  return undoOf(round, node, leaf)
}

/** Whether it had its effect has to be said by a person first. One that only cannot be verified had it: the look before its undo shows it. */
export function isUnclear(leaf: LeafState): boolean {
  return leaf.phase === 'stuck' && leaf.touched && leaf.stuck !== 'no-data'
}

function undoOf(round: Round, node: IndexedLeaf, leaf: LeafState): Undone {
  switch (leaf.undo) {
    case 'failed':
      return 'stuck'
    case 'intended':
      return 'active'
    case 'effected':
    case 'doubt':
      return say(round, node, 'prove-undo')
    case 'ready':
      return say(round, node, 'undo')
    default:
      return mustAskBeforeUndo(round.run, node) ? 'stuck' : say(round, node, 'look-back')
  }
}

/** Going back would lose data, nobody allowed it, and others may be writing. */
export function mustAskBeforeUndo(run: Run, node: IndexedNode): boolean {
  const leaf = leafAt(run, node)
  // Going back over the leaving of a scope enters it again, which loses nothing.
  const risk = node.of === undefined ? leaf.facts?.undo?.risk : undefined
  if (risk === undefined || !isHazardous([risk]) || leaf.undoAllowed || leaf.undo !== 'none') return false
  return !node.stoppedBy.some((scope) => isEntered(run, scope))
}

/**
 * The scope is entered by this run: not left, or entered again on the way back. One that others had entered before us may be left by them at
 * any time.
 */
function isEntered(run: Run, scope: IndexedNode): boolean {
  const enter = leafAt(run, scope)
  const release = scope.parent?.children.find((child) => child.of === scope)
  const left = release === undefined ? undefined : leafAt(run, release)
  const isIn = enter.phase === 'done' && enter.touched && enter.undo === 'none'
  return isIn && (left === undefined || !left.touched || (left.undo === 'done' && !left.standing))
}
