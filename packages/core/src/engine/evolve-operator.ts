import { allowedAnswers, answerable } from './answers.ts'
import { goOn, triedAgain } from './go-on.ts'
import type { LeafState } from './leaf-state.ts'
import { outOfOrder } from './out-of-order.ts'
import { leafNamed } from './plan-index.ts'
import type { RunRecord } from './records.ts'
import type { Obstacle } from './round.ts'
import { leafAt, setLeaf, type Run } from './run.ts'

type Patch = Parameters<typeof setLeaf>[2]
type Answered = Extract<RunRecord, { type: 'operator.answered' }>

/** A person's answer to a blocked run. */
export function evolveOperator(run: Run, record: Answered): void {
  const { id, answer } = record
  if (run.outcome !== undefined) throw outOfOrder(record, 'the run has ended')
  const isAllowed = allowedAnswers(run).some((allowed) => allowed.id === id && allowed.answers.includes(answer))
  if (!isAllowed) throw outOfOrder(record, `"${answer}" was no answer then`)
  if (id === '') return answerRun(run, record)
  const node = leafNamed(run.index, id)
  const direction = answerable(run).find((obstacle) => obstacle.node === node)?.direction ?? 'forward'
  run.blocked = undefined
  run.openGates.delete(node.number)
  setLeaf(run, node, answerLeaf(leafAt(run, node), direction, record))
}

function answerRun(run: Run, { answer }: Answered): void {
  const reason = run.blocked?.reason
  run.blocked = undefined
  switch (answer) {
    case 'compensate':
      run.isBackward = true
      run.why ??= 'operator'
      return
    case 'abandon':
      run.outcome = run.touchedCount === 0 ? 'aborted' : run.isBackward ? 'partially-compensated' : 'failed-forward'
      return
    case 'go-on':
      return goOn(run)
    default:
      if (reason === 'lease-lost') run.readiness = 'none'
      run.lost = undefined
  }
}

function answerLeaf(leaf: LeafState, direction: Obstacle['direction'], { answer, receipt }: Answered): Patch {
  const fresh: Patch = { looks: 0, since: undefined, notBefore: undefined, stuck: undefined }
  const isBack = direction === 'backward'
  switch (answer) {
    case 'retry':
      return isBack && leaf.undo === 'failed' ? { ...fresh, ...retryUndo(leaf) } : triedAgain(leaf)
    case 'skip':
      if (isBack) return { ...fresh, undo: 'done', standing: true, ...(leaf.phase === 'stuck' ? { phase: 'skipped' } : {}) }
      return { ...fresh, phase: 'skipped' }
    case 'applied':
      return { ...fresh, phase: 'effected', receipt: receipt ?? {}, doubted: false, refused: false }
    case 'not-applied':
      return {
        ...fresh,
        phase: isBack ? 'failed' : 'prepared',
        touched: false,
        // People look at one moment too: what was on its way may still arrive, so it goes on from the preparation that knows the world before.
        doubted: true,
        refused: false,
        attempt: leaf.attempt + 1,
        attemptBase: leaf.attempt,
      }
    default:
      return { ...fresh, undoAllowed: true }
  }
}

function retryUndo(leaf: LeafState): Patch {
  return {
    undo: 'none',
    undoAllowed: true,
    undoAttempt: leaf.undoAttempt + 1,
    undoAttemptBase: leaf.undoAttempt,
    undoFailure: undefined,
    undoRefused: false,
  }
}
