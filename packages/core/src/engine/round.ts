import type { Command, RecordBody } from './command.ts'
import type { IndexedLeaf, IndexedNode } from './plan-index.ts'
import { leafAt, type Progress, type Run, type Undone } from './run.ts'

/** What one call of `decide` collects. */
export interface Round {
  readonly run: Run
  readonly commands: Command[]
  readonly records: RecordBody[]
  /** `forward` and `backward` of this engine: each part of the tree walk needs the whole. */
  readonly forward: (round: Round, node: IndexedNode, isStarting: boolean) => Progress
  readonly backward: (round: Round, node: IndexedNode) => Undone
}

/** Hands out a command for a leaf that has none under way. */
export function say(round: Round, node: IndexedLeaf, what: Command['do'], rest: Pick<Command, 'crosses' | 'hash'> = {}): 'active' {
  const { run } = round
  const leaf = leafAt(run, node)
  const isUndo = what === 'undo' || what === 'look-back' || what === 'prove-undo'
  const attempt = isUndo ? leaf.undoAttempt : leaf.attempt
  const delay = leaf.notBefore === undefined || leaf.notBefore <= run.now ? {} : { notBefore: leaf.notBefore }
  const command: Command = { do: what, id: node.sealed.id, attempt, ...delay, ...rest }
  run.outstanding.set(node.number, command)
  round.commands.push(command)
  return 'active'
}
