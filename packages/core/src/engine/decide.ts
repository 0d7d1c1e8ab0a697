import type { Decision, OpenGate, RecordBody } from './command.ts'
import { durationMs } from '../contract/duration.ts'
import { backward } from './backward.ts'
import { forward } from './forward.ts'
import { obstaclesOf, reasonOf } from './obstacles.ts'
import { isLeaf, leafNamed, type IndexedNode } from './plan-index.ts'
import type { Outcome } from './records.ts'
import { say, startRound, type Round } from './round.ts'
import { leafAt, markChanged, type Run } from './run.ts'

const nothing: Decision = { records: [], commands: [] }

/**
 * What has to happen next. Records come first and alone: append them, then decide again. Commands are new ones only: each is handed out
 * once. Nothing to record, to start or to wait for means that the run has ended or waits for a person.
 */
export function decide(run: Run): Decision {
  if (run.records === 0) return nothing
  const round = startRound(run, { forward, backward })
  if (run.outcome !== undefined) return afterTheEnd(round)
  if (run.blocked !== undefined) return nothing
  if (run.lost !== undefined)
    return run.outstanding.size > 0 ? nothing : recordsOf([{ type: 'run.blocked', reason: 'lease-lost', ids: [] }])
  if (run.isAcquiring) return nothing
  if (run.everLeased && run.readiness === 'none') return acquire(run)
  const stop = run.isBackward ? decideBackward(round) : decideForward(round)
  inPlanOrder(round)
  if (round.records.length > 0) return recordsOf(round.records, round)
  const mayStart = stop === undefined && !run.isBackward && run.cancel === undefined
  if (mayStart && run.readiness === 'none' && run.waitingForReady.size > 0) return { ...acquire(run), commands: round.commands }
  if (mayStart && run.readiness === 'leased') handOutSurveys(round)
  if (round.commands.length > 0) return { records: [], commands: round.commands }
  return stop === undefined || run.outstanding.size > 0 ? nothing : recordsOf([stop()])
}

/** Records go first. Commands that were handed out in the same round are taken back, so that they are decided on with the records known. */
function recordsOf(records: readonly RecordBody[], round?: Round): Decision {
  for (const command of round?.commands ?? []) withdraw(round?.run as Run, command.id)
  return { records, commands: [] }
}

/** What changed last is evaluated first; what is decided must not depend on that. */
function inPlanOrder({ run, commands, records }: Round): void {
  const numberOf = (id: string): number => run.index.byId.get(id)?.number ?? -1
  if (commands.length > 1) commands.sort((one, other) => numberOf(one.id) - numberOf(other.id))
  if (records.length > 1) records.sort((one, other) => numberOf(idOf(one)) - numberOf(idOf(other)))
}

const idOf = (record: RecordBody): string => ('id' in record ? record.id : '')

/** Takes back a command that was not started, so that it is decided on again. */
export function withdraw(run: Run, id: string): void {
  const node = leafNamed(run.index, id)
  run.outstanding.delete(node.number)
  if (run.toSurvey.has(node.number)) run.isSurveying = false
  markChanged(run, node)
}

function acquire(run: Run): Decision {
  run.isAcquiring = true
  return { records: [], commands: [], acquire: [...run.leaseKeys].sort() }
}

/** The last look before the first effect, at everything that was approved. */
function handOutSurveys(round: Round): void {
  const { run } = round
  if (run.isSurveying) return
  run.isSurveying = true
  for (const number of run.toSurvey) {
    const node = run.index.nodes[number] as IndexedNode
    if (isLeaf(node) && !run.outstanding.has(number)) say(round, node, 'survey')
  }
}

/** The record with which a run ends or turns; made only when nothing is under way any more. */
type Stop = () => RecordBody

function decideForward(round: Round): Stop | undefined {
  const { run } = round
  if (run.refusal !== undefined) return () => unwind('failed')
  switch (forward(round, run.index.root, run.cancel === undefined)) {
    case 'active':
    case 'waiting':
      return undefined
    case 'done':
      return () => (run.cancel?.mode === 'compensate' && run.touchedCount > 0 ? unwind('cancelled') : finish('succeeded'))
    case 'blocked':
      return () => block(run)
    case 'idle':
      return () => (run.cancel?.mode === 'hold' ? { type: 'run.blocked', reason: 'held', ids: [] } : unwind('cancelled'))
    case 'failed':
      return () => failed(run)
  }
}

/** Somebody who asked the run to hold is asked before it goes back. */
function failed(run: Run): RecordBody {
  if (run.cancel?.mode === 'compensate') return unwind('cancelled')
  const goesBack = run.cancel === undefined && (run.index.plan.onFailure === 'compensate' || run.touchedCount === 0)
  return goesBack ? unwind('failed') : block(run)
}

function decideBackward(round: Round): Stop | undefined {
  const { run } = round
  switch (backward(round, run.index.root)) {
    case 'active':
      return undefined
    case 'cut':
    case 'stuck':
      return () => block(run)
    case 'undone':
      return () => finish(run.touchedCount === 0 ? 'aborted' : run.standingCount > 0 ? 'partially-compensated' : 'compensated')
  }
}

const finish = (outcome: Outcome): RecordBody => ({ type: 'run.finished', outcome })
const unwind = (reason: string): RecordBody => ({ type: 'unwind.started', reason })

function block(run: Run): RecordBody {
  const obstacles = obstaclesOf(run)
  return { type: 'run.blocked', reason: reasonOf(run, obstacles), ids: obstacles.map(({ node }) => node.sealed.id) }
}

/** `always` nodes run once the outcome is on disk; their failures change nothing. */
function afterTheEnd(round: Round): Decision {
  for (const node of round.run.index.always) forward(round, node, true)
  inPlanOrder(round)
  return round.records.length > 0 ? recordsOf(round.records, round) : { records: [], commands: round.commands }
}

/** Gates that wait for a person, with the time at which they are out of time. None while nothing new may begin. */
export function openGates(run: Run): readonly OpenGate[] {
  if (run.isBackward || run.cancel !== undefined || run.outcome !== undefined) return []
  return [...run.openGates].flatMap((number) => {
    const node = run.index.nodes[number] as IndexedNode
    const { asked } = leafAt(run, node)
    if (!isLeaf(node) || asked === undefined) return []
    const { gate } = node.sealed
    const limit = gate?.gate === 'decision' ? gate.timeBox : gate?.gate === 'manual-check' ? gate.timeout : undefined
    return [{ id: node.sealed.id, hash: asked.hash, ...(limit === undefined ? {} : { until: asked.since + durationMs(limit) }) }]
  })
}
