import type { SealedTogether } from '../seal/sealed-plan.ts'
import { askChanged, askNext, countOf, freshBeside, type BesideMemo, type Progress, type Tally, type Undone } from './memo.ts'
import type { IndexedNode } from './plan-index.ts'
import type { Round } from './round.ts'

const worstProgress: readonly Progress[] = ['active', 'blocked', 'waiting', 'failed', 'idle']
const worstUndone: readonly Undone[] = ['active', 'stuck', 'cut']

/**
 * Children beside each other. A failure or a doubt in one starts nothing new in the others; what runs is finished. So all of them are
 * first asked what has to be finished, and only without a failure among them what may begin: as many as may run, the first that are not
 * done.
 */
export function forwardBeside(round: Round, node: IndexedNode, isStarting: boolean): Progress {
  const { draining, starting } = besideOf(round, node)
  const finish = (place: number): Progress => round.forward(round, node.children[place] as IndexedNode, false)
  askChanged(draining, finish)
  while (draining.next < node.children.length) askNext(draining, finish)
  if (!isStarting || countOf(draining, 'failed') > 0 || countOf(draining, 'blocked') > 0) return worstOf(draining, worstProgress) ?? 'done'
  const begin = (place: number): Progress => round.forward(round, node.children[place] as IndexedNode, true)
  const limit = (node.sealed as SealedTogether).maxParallel ?? Infinity
  askChanged(starting, begin)
  while (starting.next < node.children.length && starting.next - countOf(starting, 'done') < limit) askNext(starting, begin)
  return starting.next < node.children.length ? 'active' : (worstOf(starting, worstProgress) ?? 'done')
}

/** Going back, independent children go back beside each other. */
export function backwardBeside(round: Round, node: IndexedNode): Undone {
  const { backward } = besideOf(round, node)
  const goBack = (place: number): Undone => round.backward(round, node.children[place] as IndexedNode)
  askChanged(backward, goBack)
  while (backward.next < node.children.length) askNext(backward, goBack)
  return worstOf(backward, worstUndone) ?? 'undone'
}

function worstOf<State>(tally: Tally<State>, order: readonly State[]): State | undefined {
  return order.find((state) => countOf(tally, state) > 0)
}

function besideOf(round: Round, node: IndexedNode): BesideMemo {
  const memo = round.memoOf(node)
  memo.beside ??= freshBeside()
  return memo.beside
}
