import type { Command, Decision, OpenGate, RecordBody } from './command.ts'
import { durationMs } from '../contract/duration.ts'
import { forward } from './forward.ts'
import { backward, mustAskBeforeUndo } from './backward.ts'
import { isLeaf, leafNamed, type IndexedNode } from './plan-index.ts'
import type { BlockReason, Outcome } from './records.ts'
import { say, type Round } from './round.ts'
import { leafAt, markChanged, type Run } from './run.ts'

const nothing: Decision = { records: [], commands: [] }

/**
 * What has to happen next. Records come first and alone: append them, then decide again. Commands are new ones only: each is handed out
 * once. Nothing to record, to start or to wait for means that the run has ended or waits for a person.
 */
export function decide(run: Run): Decision {
  if (run.records === 0) return nothing
  const round: Round = { run, commands: [], records: [], forward, backward }
  if (run.outcome !== undefined) return afterTheEnd(round)
  if (run.blocked !== undefined) return nothing
  if (run.lost !== undefined)
    return run.outstanding.size > 0 ? nothing : recordsOf([{ type: 'run.blocked', reason: 'lease-lost', ids: [] }])
  if (run.isAcquiring) return nothing
  if (run.everLeased && run.readiness === 'none') return acquire(run)
  const runLevel = run.isBackward ? decideBackward(round) : decideForward(round)
  if (round.records.length > 0) return recordsOf(round.records, round)
  if (run.readiness === 'none' && run.waitingForReady.size > 0 && !run.isBackward && run.cancel === undefined) {
    const acquired = acquire(run)
    return { ...acquired, commands: round.commands }
  }
  if (run.readiness === 'leased') round.commands.push(...surveys(round))
  if (round.commands.length > 0) return { records: [], commands: round.commands }
  return runLevel === undefined ? nothing : recordsOf([runLevel])
}

/** Records go first. Commands that were handed out in the same round are taken back, so that they are decided on with the records known. */
function recordsOf(records: readonly RecordBody[], round?: Round): Decision {
  for (const command of round?.commands ?? []) withdraw(round?.run as Run, command.id)
  return { records, commands: [] }
}

/** Takes back a command that was not started, so that it is decided on again. */
export function withdraw(run: Run, id: string): void {
  const node = leafNamed(run.index, id)
  run.outstanding.delete(node.number)
  markChanged(run, node)
}

function acquire(run: Run): Decision {
  run.isAcquiring = true
  return { records: [], commands: [], acquire: [...run.leaseKeys].sort() }
}

/** The last look before the first effect, at everything that was approved. */
function surveys(round: Round): readonly Command[] {
  const { run } = round
  for (const number of run.toSurvey) {
    const node = run.index.nodes[number] as IndexedNode
    if (isLeaf(node) && !run.outstanding.has(number)) say(round, node, 'survey')
  }
  return []
}

function decideForward(round: Round): RecordBody | undefined {
  const { run } = round
  if (run.refusal !== undefined) return run.outstanding.size > 0 ? undefined : failed(run)
  switch (forward(round, run.index.root, run.cancel === undefined)) {
    case 'active':
    case 'waiting':
      return undefined
    case 'done':
      return run.cancel?.mode === 'compensate' && run.touchedCount > 0
        ? { type: 'unwind.started', reason: 'cancelled' }
        : finish('succeeded')
    case 'blocked':
      return block(run, forwardReason(run))
    case 'idle':
      return run.cancel?.mode === 'hold' ? block(run, 'held') : { type: 'unwind.started', reason: 'cancelled' }
    case 'failed':
      return failed(run)
  }
}

function failed(run: Run): RecordBody {
  const isCancelled = run.cancel?.mode === 'compensate'
  const shouldGoBack = isCancelled || run.index.plan.onFailure === 'compensate' || run.touchedCount === 0
  return shouldGoBack ? { type: 'unwind.started', reason: isCancelled ? 'cancelled' : 'failed' } : block(run, 'step-failed')
}

function decideBackward(round: Round): RecordBody | undefined {
  const { run } = round
  switch (backward(round, run.index.root)) {
    case 'active':
      return undefined
    case 'cut':
      return block(run, 'past-point-of-no-return')
    case 'stuck':
      return block(run, backwardReason(run))
    case 'undone':
      return finish(run.touchedCount === 0 ? 'aborted' : run.standingCount > 0 ? 'partially-compensated' : 'compensated')
  }
}

const finish = (outcome: Outcome): RecordBody => ({ type: 'run.finished', outcome })

function block(run: Run, reason: BlockReason): RecordBody {
  const ids = reason === 'undo-loses-data' ? askingBeforeUndo(run) : troubledIds(run, reason)
  return { type: 'run.blocked', reason, ids }
}

function troubledIds(run: Run, reason: BlockReason): readonly string[] {
  if (reason === 'held') return []
  const numbers = [...run.troubled].sort((a, b) => a - b)
  const crossed =
    reason === 'past-point-of-no-return' ? run.leaves.flatMap((leaf, number) => (leaf.crossed && leaf.touched ? [number] : [])) : []
  return [...crossed, ...numbers.filter((number) => isInTheWay(run, number))].map(
    (number) => (run.index.nodes[number] as IndexedNode).sealed.id,
  )
}

/** A failure whose step was undone or never had an effect needs no answer on the way back. */
function isInTheWay(run: Run, number: number): boolean {
  const leaf = leafAt(run, run.index.nodes[number] as IndexedNode)
  return !run.isBackward || leaf.undo === 'failed' || leaf.phase === 'stuck'
}

function askingBeforeUndo(run: Run): readonly string[] {
  return run.index.nodes
    .filter((node) => isLeaf(node) && leafAt(run, node).touched && mustAskBeforeUndo(run, node))
    .map((node) => node.sealed.id)
}

function forwardReason(run: Run): BlockReason {
  const stuck = [...run.troubled].map((number) => run.leaves[number]?.stuck).find((reason) => reason !== undefined)
  return stuck ?? 'step-failed'
}

function backwardReason(run: Run): BlockReason {
  const leaves = [...run.troubled].map((number) => run.leaves[number])
  if (leaves.some((leaf) => leaf?.undo === 'failed')) return 'undo-failed'
  if (leaves.some((leaf) => leaf?.phase === 'stuck' && leaf.touched)) return 'in-doubt'
  return 'undo-loses-data'
}

/** `always` nodes run once the outcome is on disk; their failures change nothing. */
function afterTheEnd(round: Round): Decision {
  for (const node of round.run.index.always) forward(round, node, true)
  return round.records.length > 0 ? recordsOf(round.records, round) : { records: [], commands: round.commands }
}

/** Gates that wait for a person, with the time at which they are out of time. */
export function openGates(run: Run): readonly OpenGate[] {
  return [...run.openGates].flatMap((number) => {
    const node = run.index.nodes[number] as IndexedNode
    const { asked } = leafAt(run, node)
    if (!isLeaf(node) || asked === undefined) return []
    const { gate } = node.sealed
    const limit = gate?.gate === 'decision' ? gate.timeBox : gate?.gate === 'manual-check' ? gate.timeout : undefined
    return [{ id: node.sealed.id, hash: asked.hash, ...(limit === undefined ? {} : { until: asked.since + durationMs(limit) }) }]
  })
}
