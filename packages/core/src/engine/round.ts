import type { Command, RecordBody } from './command.ts'
import { freshMemo, type NodeMemo, type Progress, type Undone } from './memo.ts'
import type { IndexedLeaf, IndexedNode } from './plan-index.ts'
import { leafAt, markChanged, type Run } from './run.ts'

/** A leaf that keeps a run from going on, and the direction in which it stands in the way. */
export interface Obstacle {
  readonly node: IndexedLeaf
  readonly direction: 'forward' | 'backward'
}

/** What one walk over the tree collects. */
export interface Round {
  readonly run: Run
  /** Only looks: hands out nothing and changes nothing. */
  readonly isDry: boolean
  readonly commands: Command[]
  readonly records: RecordBody[]
  readonly obstacles: Obstacle[]
  readonly memoOf: (node: IndexedNode) => NodeMemo
  /** `forward` and `backward` of this engine: each part of the tree walk needs the whole. */
  readonly forward: (round: Round, node: IndexedNode, isStarting: boolean) => Progress
  readonly backward: (round: Round, node: IndexedNode) => Undone
}

type Walk = Pick<Round, 'forward' | 'backward'>

/** A walk that hands out what has to be done. */
export function startRound(run: Run, walk: Walk): Round {
  return { run, isDry: false, commands: [], records: [], obstacles: [], memoOf: ({ number }) => run.memos[number] as NodeMemo, ...walk }
}

/** A walk over everything, remembered by nobody. */
export function dryRound(run: Run, walk: Walk): Round {
  const memos = new Map<IndexedNode, NodeMemo>()
  const memoOf = (node: IndexedNode): NodeMemo => {
    const memo = memos.get(node) ?? freshMemo(node)
    memos.set(node, memo)
    return memo
  }
  return { run, isDry: true, commands: [], records: [], obstacles: [], memoOf, ...walk }
}

export function isBackwardCommand(what: Command['do']): boolean {
  return what === 'look-back' || what === 'undo' || what === 'prove-undo'
}

/** Hands out a command for a leaf that has none under way. */
export function say(round: Round, node: IndexedLeaf, what: Command['do'], rest: Pick<Command, 'crosses' | 'hash'> = {}): 'active' {
  const { run } = round
  if (round.isDry) return 'active'
  const leaf = leafAt(run, node)
  const attempt = isBackwardCommand(what) ? leaf.undoAttempt : leaf.attempt
  const delay = leaf.notBefore === undefined || leaf.notBefore <= run.now ? {} : { notBefore: leaf.notBefore }
  const command: Command = { do: what, id: node.sealed.id, attempt, ...delay, ...rest }
  run.outstanding.set(node.number, command)
  markChanged(run, node)
  round.commands.push(command)
  return 'active'
}

/** Notes what stands in the way. Costs nothing to a walk that hands out commands: it is asked for when the run comes to a stop. */
export function inTheWay(round: Round, node: IndexedLeaf, direction: Obstacle['direction']): void {
  if (round.isDry) round.obstacles.push({ node, direction })
}
