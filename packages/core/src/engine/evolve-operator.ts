import { outOfOrder } from './out-of-order.ts'
import type { LeafState } from './leaf-state.ts'
import { isLeaf, leafNamed, type IndexedLeaf } from './plan-index.ts'
import type { RunRecord } from './records.ts'
import { leafAt, setLeaf, type Run } from './run.ts'

type Patch = Parameters<typeof setLeaf>[2]
type Answered = Extract<RunRecord, { type: 'operator.answered' }>

/** A person's answer to a blocked run. */
export function evolveOperator(run: Run, record: Answered): void {
  if (run.outcome !== undefined) throw outOfOrder(record, 'the run has ended')
  const wasBlocked = run.blocked
  run.blocked = undefined
  if (record.id !== '') return setLeaf(run, leafNamed(run.index, record.id), answerLeaf(run, leafNamed(run.index, record.id), record))
  switch (record.answer) {
    case 'compensate':
      run.isBackward = true
      run.why ??= 'operator'
      return
    case 'abandon':
      run.outcome = run.touchedCount === 0 ? 'aborted' : run.isBackward ? 'partially-compensated' : 'failed-forward'
      return
    case 'go-on':
      return goOn(run)
    case 'retry':
      if (wasBlocked?.reason === 'lease-lost') run.readiness = 'none'
      run.lost = undefined
      return
    default:
      throw outOfOrder(record, `"${record.answer}" needs the id of a step`)
  }
}

function answerLeaf(run: Run, node: IndexedLeaf, record: Answered): Patch {
  const leaf = leafAt(run, node)
  const fresh: Patch = { looks: 0, since: undefined, notBefore: undefined, stuck: undefined }
  switch (record.answer) {
    case 'retry':
      return leaf.undo === 'failed' ? { ...fresh, ...retryUndo(leaf) } : { ...fresh, ...retry(leaf) }
    case 'skip':
      if (leaf.undo === 'failed' || run.isBackward)
        return { ...fresh, undo: 'done', standing: true, ...(leaf.phase === 'stuck' ? { phase: 'skipped' } : {}) }
      return { ...fresh, phase: 'skipped' }
    case 'applied':
      return { ...fresh, phase: 'effected', receipt: record.receipt ?? {}, doubted: false, refused: false }
    case 'not-applied':
      return {
        ...fresh,
        phase: run.isBackward ? 'failed' : 'pending',
        touched: false,
        doubted: false,
        refused: false,
        attempt: leaf.attempt + 1,
        attemptBase: leaf.attempt,
      }
    case 'compensate':
      return { ...fresh, undoAllowed: true }
    default:
      throw outOfOrder(record, `"${record.answer}" is an answer for the whole run, not for one step`)
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

/** A retry looks first when something may stand in the world; otherwise it prepares again. A gate is asked again. */
function retry(leaf: LeafState): Patch {
  const counted = { attempt: leaf.attempt + 1, attemptBase: leaf.attempt, failure: undefined, refused: false, healthySince: undefined }
  if (leaf.receipt !== undefined && leaf.stuck === 'no-data') return { ...counted, phase: 'effected' }
  return { ...counted, phase: leaf.touched ? 'doubt' : 'pending', asked: undefined, answers: [], denied: undefined }
}

/** Forward again, after a hold or at a point of no return: what was undone meanwhile is done again. */
function goOn(run: Run): void {
  run.isBackward = false
  run.cancel = undefined
  run.why = undefined
  for (const node of run.index.nodes) {
    if (!isLeaf(node)) continue
    const leaf = leafAt(run, node)
    if (leaf.undo === 'done' && !leaf.standing)
      setLeaf(run, node, {
        ...retry({ ...leaf, touched: false }),
        touched: false,
        undo: 'none',
        undoAttempt: leaf.undoAttempt + 1,
        undoAttemptBase: leaf.undoAttempt,
        receipt: undefined,
        looks: 0,
        since: undefined,
        notBefore: undefined,
      })
    else if (leaf.phase === 'failed') setLeaf(run, node, { ...retry(leaf), looks: 0, since: undefined, notBefore: undefined })
  }
}
