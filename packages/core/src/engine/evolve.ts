import type { Command } from './command.ts'
import { evolveGate } from './evolve-gate.ts'
import { evolveOperator } from './evolve-operator.ts'
import { evolveRun } from './evolve-run.ts'
import { evolveSample } from './evolve-sample.ts'
import { evolveStep } from './evolve-step.ts'
import { evolveUndo } from './evolve-undo.ts'
import { outOfOrder } from './out-of-order.ts'
import type { NodeMemo } from './memo.ts'
import { leafNamed, type IndexedLeaf } from './plan-index.ts'
import type { RunRecord } from './records.ts'
import { leafAt, markChanged, setLeaf, startRun, type Run } from './run.ts'
import type { SealedPlan } from '../seal/sealed-plan.ts'

/** The commands that a record ends. */
const closed: Readonly<Partial<Record<RunRecord['type'], readonly Command['do'][]>>> = {
  'step.surveyed': ['survey'],
  'step.prepared': ['prepare'],
  'step.effected': ['execute'],
  'step.failed': ['prepare', 'execute'],
  'step.probed': ['probe'],
  'step.verified': ['verify'],
  'undo.looked': ['look-back'],
  'undo.effected': ['undo'],
  'undo.failed': ['undo'],
  'undo.probed': ['prove-undo'],
  'gate.opened': ['ask'],
  'sample.taken': ['sample'],
  'notice.queued': ['queue'],
}

/**
 * Applies one record to the state of a run, and returns the run.
 *
 * @throws RollbackError `JOURNAL_CORRUPT` for a record that cannot follow the ones before it: of a leaf that the plan does not have, an
 * effect without an intent, an undo without a look, a second beginning.
 */
export function evolve(run: Run, record: RunRecord): Run {
  if (run.records === 0 && record.type !== 'run.created') throw outOfOrder(record, 'a run begins with run.created')
  run.records++
  run.now = Math.max(run.now, record.at)
  if ('id' in record && record.id !== '' && record.type !== 'operator.answered' && record.type !== 'branch.decided') {
    const node = leafNamed(run.index, record.id)
    evolveOne(run, node, record)
  } else evolveRest(run, record)
  return run
}

function evolveOne(run: Run, node: IndexedLeaf, record: RunRecord): void {
  const memo = run.memos[node.number] as NodeMemo
  const { version } = memo
  const hasClosed = close(run, node, record)
  evolveLeaf(run, node, record)
  if (hasClosed && memo.version === version) markChanged(run, node)
}

/** The state after all of these records. */
export function replay(plan: SealedPlan, records: Iterable<RunRecord>): Run {
  const run = startRun(plan)
  for (const record of records) evolve(run, record)
  return run
}

/**
 * Whether a command of the leaf ends here. A record that was delivered twice must not end a later one: an effect ends only after its intent.
 */
function close(run: Run, node: IndexedLeaf, { type }: RunRecord): boolean {
  const what = run.outstanding.get(node.number)?.do
  if (what === undefined || closed[type]?.includes(what) !== true) return false
  const { phase, undo } = leafAt(run, node)
  if (what === 'execute' && phase !== 'intended') return false
  if (what === 'undo' && undo !== 'intended') return false
  return run.outstanding.delete(node.number)
}

function evolveRest(run: Run, record: RunRecord): void {
  if (record.type === 'operator.answered') return evolveOperator(run, record)
  if (record.type === 'steps.surveyed') {
    const { at, position } = record
    for (const id of record.ids) evolveOne(run, leafNamed(run.index, id), { at, type: 'step.surveyed', id, position })
    return
  }
  if (record.type === 'branch.decided') {
    const node = run.index.byId.get(record.id)
    if (node === undefined) throw outOfOrder(record, `the plan has no "${record.id}"`)
    run.branches.set(node.number, record.taken)
    return markChanged(run, node)
  }
  evolveRun(run, record)
}

function evolveLeaf(run: Run, node: IndexedLeaf, record: RunRecord): void {
  switch (record.type) {
    case 'step.surveyed':
    case 'step.prepared':
    case 'step.intended':
    case 'step.noted':
    case 'step.effected':
    case 'step.failed':
    case 'step.probed':
    case 'step.verified':
    case 'no-return.crossing':
      return evolveStep(run, node, record)
    case 'undo.looked':
    case 'undo.intended':
    case 'undo.effected':
    case 'undo.failed':
    case 'undo.probed':
      return evolveUndo(run, node, record)
    case 'gate.opened':
    case 'gate.answered':
    case 'gate.timed-out':
      return evolveGate(run, node, record)
    case 'sample.taken':
      return evolveSample(run, node, record)
    case 'notice.queued':
      if (leafAt(run, node).phase === 'pending') setLeaf(run, node, { phase: 'done' })
      return
    default:
  }
}
