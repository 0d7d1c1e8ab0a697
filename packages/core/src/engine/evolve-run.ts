import { mayStand, withFacts, type LeafState } from './leaf-state.ts'
import { outOfOrder } from './out-of-order.ts'
import { isLeaf } from './plan-index.ts'
import type { Failure, RunRecord } from './records.ts'
import { leafAt, markChanged, type Run } from './run.ts'

/** Records about the run as a whole. */
export function evolveRun(run: Run, record: RunRecord): void {
  switch (record.type) {
    case 'run.created':
      return created(run, record)
    case 'run.resumed':
      return resumed(run, record.epoch)
    case 'plan.overridden':
      for (const leaf of record.leaves) run.overridden.set(leaf.id, leaf.to)
      return
    case 'lease.acquired':
    case 'lease.refused':
    case 'lease.lost':
      return leased(run, record)
    case 'cancel.requested':
      return cancelled(run, record)
    case 'unwind.started':
      run.isBackward = true
      run.why ??= record.reason
      return
    case 'run.blocked':
      run.blocked = { reason: record.reason, ids: record.ids }
      return
    case 'run.finished':
      if (run.outcome !== undefined) throw outOfOrder(record, 'the run has ended already')
      run.outcome = record.outcome
      return
    default:
  }
}

function created(run: Run, record: Extract<RunRecord, { type: 'run.created' }>): void {
  if (run.records > 1) throw outOfOrder(record, 'a run begins once')
  run.runId = record.runId
  run.previewHash = record.previewHash
  run.planner = record.actor
  run.approved = new Map(Object.entries(record.approved))
  run.approvals = record.approvals
  for (const key of record.leases) run.leaseKeys.add(key)
}

/** A run that stands is asked once more: what stood in the way going forward may not stand in the way of going back. */
function cancelled(run: Run, { mode, actor, reason }: Extract<RunRecord, { type: 'cancel.requested' }>): void {
  if (run.cancel !== undefined) return
  run.cancel = { mode, actor, reason }
  if (mode === 'compensate' && !run.isBackward && run.lost === undefined) run.blocked = undefined
}

/** A new process: what was in flight is in doubt, leases are gone, streaks start again, limits of time too. */
function resumed(run: Run, epoch: number): void {
  run.epoch = epoch
  run.readiness = 'none'
  run.isAcquiring = false
  run.lost = undefined
  run.outstanding.clear()
  run.isSurveying = false
  run.index.nodes.forEach((node, number) => {
    if (!isLeaf(node)) return
    const leaf = leafAt(run, node)
    const after = afterCrash(leaf, run.now)
    if (after !== leaf) run.leaves[number] = after
    markChanged(run, node)
  })
}

function afterCrash(leaf: LeafState, now: number): LeafState {
  if (leaf.phase === 'pending' && leaf.since === undefined && leaf.undo === 'none') return leaf
  const wasIntended = leaf.phase === 'intended'
  const wasUndoing = leaf.undo === 'intended'
  // An attempt that a crash interrupted does not count: a run that was killed ends like one that was not.
  return withFacts(leaf, {
    phase: wasIntended ? 'doubt' : leaf.phase === 'prepared' && !mayStand(leaf) ? 'pending' : leaf.phase,
    doubted: leaf.doubted || wasIntended,
    attemptBase: leaf.attemptBase + Number(wasIntended),
    undo: wasUndoing ? 'doubt' : leaf.undo === 'ready' ? 'none' : leaf.undo,
    undoDoubted: leaf.undoDoubted || wasUndoing,
    undoAttemptBase: leaf.undoAttemptBase + Number(wasUndoing),
    looks: 0,
    since: leaf.since === undefined ? undefined : now,
    notBefore: undefined,
    healthySince: undefined,
  })
}

function acquired(run: Run, keys: readonly string[]): void {
  run.leaseFailure = undefined
  for (const key of keys) run.leaseKeys.add(key)
  run.everLeased = true
  if (!run.isAcquiring && run.readiness !== 'none') return // keys of a late step
  run.isAcquiring = false
  run.readiness = 'leased'
  planSurvey(run)
  becomeReady(run)
}

/** The world may have moved while no lease was held: as long as nothing was changed, everything that was approved is looked at again. */
function planSurvey(run: Run): void {
  run.isSurveying = false
  run.toSurvey.clear()
  if (run.touchedCount > 0) return
  for (const id of run.approved.keys()) {
    const node = run.index.byId.get(id)
    if (node !== undefined && isLeaf(node) && node.sealed.type === 'step' && isAhead(leafAt(run, node))) run.toSurvey.add(node.number)
  }
}

/** What may be there already by our own hand is looked at by itself. */
const isAhead = (leaf: LeafState): boolean => (leaf.phase === 'pending' || leaf.phase === 'prepared') && !mayStand(leaf)

/** Steps may begin once the last look at everything that was approved is through. */
export function becomeReady(run: Run): void {
  if (run.readiness !== 'leased' || run.toSurvey.size > 0) return
  run.readiness = 'ready'
  for (const number of run.waitingForReady) {
    const node = run.index.nodes[number]
    if (node !== undefined) markChanged(run, node)
  }
  run.waitingForReady.clear()
}

function leased(run: Run, record: Extract<RunRecord, { type: 'lease.acquired' | 'lease.refused' | 'lease.lost' }>): void {
  if (record.type === 'lease.acquired') return acquired(run, Object.keys(record.tokens))
  if (record.type === 'lease.refused') {
    run.isAcquiring = false
    // Cancelled before its first effect, it needs no lease any more: it ends.
    if (run.cancel?.mode === 'compensate' && !run.everLeased) return
    run.blocked = { reason: 'lease-held', ids: [] }
    const hint = 'Wait until it has ended, then answer retry; in an emergency take the lease over.'
    run.leaseFailure = leaseFailure('LEASE_HELD', `${record.key} is held by ${record.holder}`, hint)
    return
  }
  run.lost ??= record.key
  const hint = 'See who holds it now. Answer retry when it is free; then resume.'
  run.leaseFailure = leaseFailure('LEASE_LOST', `The lease of ${record.key} was lost, so nothing more is written`, hint)
}

function leaseFailure(code: string, message: string, hint: string): Failure {
  return { code, message, hint, effect: 'none', canRetry: true }
}
