import { evolveGate } from './evolve-gate.ts'
import { evolveOperator } from './evolve-operator.ts'
import { evolveRun } from './evolve-run.ts'
import { evolveSample } from './evolve-sample.ts'
import { evolveStep } from './evolve-step.ts'
import { evolveUndo } from './evolve-undo.ts'
import { outOfOrder } from './out-of-order.ts'
import { leafNamed, type IndexedLeaf } from './plan-index.ts'
import type { RunRecord } from './records.ts'
import { leafAt, markChanged, setLeaf, startRun, type Run } from './run.ts'
import type { SealedPlan } from '../seal/sealed-plan.ts'

/** Records that end the command of their leaf. */
const closing: ReadonlySet<RunRecord['type']> = new Set([
  'step.surveyed',
  'step.prepared',
  'step.effected',
  'step.failed',
  'step.probed',
  'step.verified',
  'undo.looked',
  'undo.effected',
  'undo.failed',
  'undo.probed',
  'gate.opened',
  'sample.taken',
  'notice.queued',
])

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
    if (closing.has(record.type) && run.outstanding.delete(node.number)) markChanged(run, node)
    evolveLeaf(run, node, record)
  } else evolveRest(run, record)
  return run
}

/** The state after all of these records. */
export function replay(plan: SealedPlan, records: Iterable<RunRecord>): Run {
  const run = startRun(plan)
  for (const record of records) evolve(run, record)
  return run
}

function evolveRest(run: Run, record: RunRecord): void {
  if (record.type === 'operator.answered') return evolveOperator(run, record)
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
