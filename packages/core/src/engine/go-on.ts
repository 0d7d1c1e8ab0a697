import { mayStand, type LeafState } from './leaf-state.ts'
import { isLeaf, type IndexedLeaf, type IndexedNode } from './plan-index.ts'
import { leafAt, setLeaf, type Run } from './run.ts'

type Patch = Parameters<typeof setLeaf>[2]

/**
 * Forward again, after a hold, at a point of no return, or after a failed part was put back: what was undone is done again, what failed is
 * tried again, and what was seen healthy after it is looked at again.
 *
 * An alternative that failed and a part that was optional keep their end: their failure is dealt with.
 */
export function goOn(run: Run): void {
  run.isBackward = false
  run.cancel = undefined
  run.why = undefined
  // Which of several children beside each other may begin is counted from the first again.
  for (const memo of run.memos) memo.beside = undefined
  redo(run, run.index.root)
}

/** True when something in it is to be done again. */
function redo(run: Run, node: IndexedNode): boolean {
  if (isLeaf(node)) return redoLeaf(run, node)
  if (isDealtWith(run, node)) return false
  if (node.sealed.type === 'fallback' && !hasFailed(run, node))
    return redoEach(
      run,
      node.children.filter((child) => !hasFailed(run, child)),
    )
  return redoEach(run, node.children, node.sealed.type === 'sequence')
}

function redoEach(run: Run, children: readonly IndexedNode[], isInOrder = false): boolean {
  let again = false
  for (const child of children) {
    if (again && isInOrder) lookAgain(run, child)
    again = redo(run, child) || again
  }
  return again
}

/** Checks behind something that is done again speak of a world that is no more. */
function lookAgain(run: Run, node: IndexedNode): void {
  if (!isLeaf(node)) return node.children.forEach((child) => lookAgain(run, child))
  const isCheck = node.sealed.type === 'require' || node.sealed.type === 'observe'
  if (isCheck && leafAt(run, node).phase === 'done') setLeaf(run, node, { ...triedAgain(leafAt(run, node)), phase: 'pending' })
}

function redoLeaf(run: Run, node: IndexedLeaf): boolean {
  const leaf = leafAt(run, node)
  const isUndone = leaf.undo === 'done' && !leaf.standing
  // Prepared for a world that went back since: prepared again.
  if (leaf.phase === 'prepared' && !mayStand(leaf)) setLeaf(run, node, { phase: 'pending' })
  if (!isUndone && leaf.phase !== 'failed') return false
  const patch = isUndone ? { ...triedAgain(leaf), ...neverTouched(leaf) } : triedAgain(leaf)
  setLeaf(run, node, leaf.phase === 'skipped' ? { ...patch, phase: 'skipped' } : patch)
  return true
}

function neverTouched({ undoAttempt, generation }: LeafState): Patch {
  return {
    generation: generation + 1,
    phase: 'pending',
    touched: false,
    undo: 'none',
    undoAllowed: false,
    undoAttempt: undoAttempt + 1,
    undoAttemptBase: undoAttempt,
    undoFailure: undefined,
    receipt: undefined,
    doubted: false,
    undoDoubted: false,
    undoRefused: false,
  }
}

/** A retry looks first when something may stand in the world; otherwise it prepares again. A gate is asked again. */
export function triedAgain(leaf: LeafState): Patch {
  const counted: Patch = {
    attempt: leaf.attempt + 1,
    attemptBase: leaf.attempt,
    failure: undefined,
    refused: false,
    healthySince: undefined,
    looks: 0,
    since: undefined,
    notBefore: undefined,
    stuck: undefined,
  }
  if (leaf.receipt !== undefined && leaf.stuck === 'no-data') return { ...counted, phase: 'effected' }
  const from: Patch = mayStand(leaf) ? { phase: 'doubt', touched: true } : { phase: 'pending' }
  return { ...counted, ...from, asked: undefined, answers: [], denied: undefined }
}

/** Its failure ends here: it was optional. */
function isDealtWith(run: Run, node: IndexedNode): boolean {
  return 'onFailure' in node.sealed && node.sealed.onFailure === 'go-on' && hasFailedInside(run, node)
}

/** Whether the failure of a leaf inside reaches the outside of this node. */
function hasFailed(run: Run, node: IndexedNode): boolean {
  if (isLeaf(node)) return leafAt(run, node).phase === 'failed'
  return !isDealtWith(run, node) && hasFailedInside(run, node)
}

function hasFailedInside(run: Run, node: IndexedNode): boolean {
  const failed = node.children.filter((child) => hasFailed(run, child))
  if (node.sealed.type !== 'fallback') return failed.length > 0
  return failed.length === node.children.length || failed.some((child) => hasCrossed(run, child))
}

function hasCrossed(run: Run, node: IndexedNode): boolean {
  if (!isLeaf(node)) return node.children.some((child) => hasCrossed(run, child))
  const { crossed, touched } = leafAt(run, node)
  return crossed && touched
}
