import type { SealedTogether } from '../seal/sealed-plan.ts'
import type { IndexedNode } from './plan-index.ts'
import type { Round } from './round.ts'
import type { BesideMemo, NodeMemo, Progress, Undone } from './run.ts'

const worstProgress: readonly Progress[] = ['active', 'blocked', 'waiting', 'failed', 'idle']
const worstUndone: readonly Undone[] = ['active', 'stuck', 'cut']

/** Children beside each other. A failure or a doubt in one starts nothing new in the others; what runs is finished. */
export function forwardBeside(round: Round, node: IndexedNode, isStarting: boolean): Progress {
  const memo = besideOf(round, node)
  const limit = (node.sealed as SealedTogether).maxParallel ?? Infinity
  if (memo.forward === undefined || memo.forward.isStarting !== isStarting) restart(memo, isStarting)
  const state = memo.forward as ForwardState
  for (const place of memo.dirtyForward) if (place < state.next) look(round, node, memo, place)
  memo.dirtyForward.clear()
  begin(round, node, memo, limit)
  if (state.hasStopped === mayStart(state)) turn(round, node, memo)
  begin(round, node, memo, limit)
  if (state.next < node.children.length) return running(state) > 0 ? 'active' : 'idle'
  return worstProgress.find((progress) => (state.counts.get(progress) ?? 0) > 0) ?? 'done'
}

/** Looks at further children: as many as may begin, or all of them when nothing may begin any more. */
function begin(round: Round, node: IndexedNode, memo: BesideMemo, limit: number): void {
  const state = memo.forward as ForwardState
  for (; state.next < node.children.length && (!mayStart(state) || running(state) < limit); state.next++)
    look(round, node, memo, state.next)
}

type ForwardState = NonNullable<BesideMemo['forward']>

function running({ counts }: ForwardState): number {
  return (counts.get('active') ?? 0) + (counts.get('waiting') ?? 0)
}

function mayStart({ counts, isStarting }: ForwardState): boolean {
  return isStarting && (counts.get('failed') ?? 0) === 0 && (counts.get('blocked') ?? 0) === 0
}

/** A failure was seen, or taken back by a person: what was looked at so far is evaluated once more under the new permission. */
function turn(round: Round, node: IndexedNode, memo: BesideMemo): void {
  const state = memo.forward as ForwardState
  state.hasStopped = !mayStart(state)
  const isStarting = mayStart(state)
  for (let place = 0; place < state.next; place++) set(state, place, round.forward(round, node.children[place] as IndexedNode, isStarting))
}

function restart(memo: BesideMemo, isStarting: boolean): void {
  memo.forward = { isStarting, hasStopped: !isStarting, progress: [], counts: new Map(), next: 0 }
  memo.dirtyForward.clear()
}

function look(round: Round, node: IndexedNode, memo: BesideMemo, place: number): void {
  const state = memo.forward as ForwardState
  set(state, place, round.forward(round, node.children[place] as IndexedNode, mayStart(state)))
}

function set(state: ForwardState, place: number, progress: Progress): void {
  const before = state.progress[place]
  if (before !== undefined) state.counts.set(before, (state.counts.get(before) ?? 0) - 1)
  state.progress[place] = progress
  state.counts.set(progress, (state.counts.get(progress) ?? 0) + 1)
}

/** Going back, independent children go back beside each other. */
export function backwardBeside(round: Round, node: IndexedNode): Undone {
  const memo = besideOf(round, node)
  const isFirst = memo.backward === undefined
  memo.backward ??= { undone: [], counts: new Map() }
  const { undone, counts } = memo.backward
  const places = isFirst ? node.children.keys() : memo.dirtyBackward
  for (const place of places) {
    const before = undone[place]
    if (before !== undefined) counts.set(before, (counts.get(before) ?? 0) - 1)
    const now = round.backward(round, node.children[place] as IndexedNode)
    undone[place] = now
    counts.set(now, (counts.get(now) ?? 0) + 1)
  }
  memo.dirtyBackward.clear()
  return worstUndone.find((state) => (counts.get(state) ?? 0) > 0) ?? 'undone'
}

function besideOf(round: Round, node: IndexedNode): BesideMemo {
  const memo = round.run.memos[node.number] as NodeMemo
  memo.beside ??= { forward: undefined, backward: undefined, dirtyForward: new Set(), dirtyBackward: new Set() }
  return memo.beside
}
