import type { Position } from '../contract/observation.ts'
import { lookDelayMs, retryDelayMs } from './backoff.ts'
import { outOfOrder } from './out-of-order.ts'
import { becomeReady } from './evolve-run.ts'
import type { LeafState } from './leaf-state.ts'
import type { IndexedLeaf } from './plan-index.ts'
import type { Failure, RunRecord } from './records.ts'
import { leafAt, setLeaf, type Run } from './run.ts'
import { elsewhere, halfDone, interrupted, noData, unhealthy, unseen } from './step-failures.ts'

type Patch = Parameters<typeof setLeaf>[2]
type StepRecord = Extract<RunRecord, { type: `step.${string}` | 'no-return.crossing' }>

/** Records of a step going forward. A record that comes late, for a phase that is over, changes nothing. */
export function evolveStep(run: Run, node: IndexedLeaf, record: StepRecord): void {
  const leaf = leafAt(run, node)
  switch (record.type) {
    case 'step.surveyed':
      return surveyed(run, node, record)
    case 'step.prepared':
      if (leaf.phase === 'pending') setLeaf(run, node, prepared(record))
      for (const key of record.leases) run.leaseKeys.add(key)
      return
    case 'step.intended':
      if (leaf.phase !== 'prepared') throw outOfOrder(record, `the step is ${leaf.phase}, not prepared`)
      return setLeaf(run, node, { phase: 'intended', touched: true, attempt: record.attempt, refused: false })
    case 'step.noted':
      return setLeaf(run, node, { notes: [...leaf.notes, record.note] })
    case 'step.effected':
      if (leaf.phase === 'intended') return setLeaf(run, node, effected(record.receipt))
      if (leaf.phase === 'pending' || leaf.phase === 'prepared') throw outOfOrder(record, 'there is no intent before it')
      return
    case 'step.failed':
      return failed(run, node, leaf, failureOf(record))
    case 'step.probed':
      if (leaf.phase !== 'doubt' || (run.lost !== undefined && record.position.at === 'unknown')) return
      return setLeaf(
        run,
        node,
        leaf.unchanged ? probedUnchanged(run, node, leaf, record.position) : probed(run, node, leaf, record.position),
      )
    case 'step.verified':
      if (leaf.phase === 'effected') setLeaf(run, node, verified(run, node, leaf, record))
      return
    case 'no-return.crossing':
      return setLeaf(run, node, { crossed: true })
  }
}

export const failureOf = ({ code, message, hint, effect, canRetry }: Failure): Failure => ({ code, message, hint, effect, canRetry })

function surveyed(run: Run, node: IndexedLeaf, { position, detail }: Extract<RunRecord, { type: 'step.surveyed' }>): void {
  if (!run.toSurvey.has(node.number) || (run.lost !== undefined && position === 'unknown')) return
  run.toSurvey.delete(node.number)
  if (position !== 'before' && position !== 'after') refused(run, node, position, detail)
  becomeReady(run)
}

/** Not where it was approved: nothing is started. */
function refused(run: Run, node: IndexedLeaf, position: Position['at'], detail: string | undefined): void {
  run.refusal ??= node.sealed.id
  const drifted: Failure = {
    code: position === 'unknown' ? 'BACKEND_UNAVAILABLE' : 'DRIFTED',
    message: `${node.sealed.id} is not where the preview found it: ${detail ?? position}`,
    hint:
      position === 'unknown'
        ? 'Its backend did not answer. Try again when it does; nothing was changed.'
        : 'Somebody changed it since the preview. Preview again; nothing was changed.',
    effect: 'none',
    canRetry: position === 'unknown',
  }
  setLeaf(run, node, { phase: 'failed', failure: drifted })
}

function prepared(record: Extract<RunRecord, { type: 'step.prepared' }>): Patch {
  const { prepared: prepared_, mark, snapshot, approvalHash, risk, idempotency, undo, leases, resources, summary } = record
  const facts = {
    prepared: prepared_,
    mark,
    approvalHash,
    risk,
    leases,
    resources,
    summary,
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(idempotency === undefined ? {} : { idempotency }),
    ...(undo === undefined ? {} : { undo }),
  }
  // Nothing to change: looked at and verified, never executed, never undone.
  if (resources.length === 0) return { phase: 'doubt', unchanged: true, facts, looks: 0, since: undefined, notBefore: undefined }
  return { phase: 'prepared', unchanged: false, facts, looks: 0, since: undefined, notBefore: undefined }
}

function effected(receipt: LeafState['receipt']): Patch {
  return {
    phase: 'effected',
    receipt,
    looks: 0,
    since: undefined,
    notBefore: undefined,
    doubted: false,
    refused: false,
    failure: undefined,
  }
}

function limitOf(node: IndexedLeaf, leaf: LeafState): number {
  return leaf.facts?.idempotency === 'none' ? 1 : (node.sealed.attempts ?? 3)
}

function hasAttemptsLeft(node: IndexedLeaf, leaf: LeafState): boolean {
  return leaf.attempt - leaf.attemptBase < limitOf(node, leaf)
}

function isRepeatable(node: IndexedLeaf, leaf: LeafState): boolean {
  return (leaf.facts?.idempotency ?? node.sealed.idempotency) !== 'none'
}

/**
 * A definite refusal fails the step or is tried again; everything else puts it in doubt. A refusal speaks for its own attempt only: while
 * an earlier one is in doubt the world has to be asked.
 */
function failed(run: Run, node: IndexedLeaf, leaf: LeafState, failure: Failure): void {
  const wasStopped = run.lost !== undefined && failure.effect === 'none'
  if (leaf.phase === 'pending') return setLeaf(run, node, wasStopped ? stopped(leaf) : refusedBefore(run, node, leaf, failure))
  if (leaf.phase !== 'intended') return
  if (wasStopped && leaf.doubted) return setLeaf(run, node, { phase: 'doubt', attemptBase: leaf.attemptBase + 1 })
  if (wasStopped) return setLeaf(run, node, { ...stopped(leaf), phase: 'pending', touched: false })
  if (failure.effect === 'unknown')
    return setLeaf(run, node, { phase: 'doubt', doubted: true, refused: false, failure, looks: 0, since: run.now, notBefore: undefined })
  if (leaf.doubted)
    return setLeaf(run, node, { phase: 'doubt', refused: !failure.canRetry, failure, looks: 0, since: run.now, notBefore: undefined })
  if (failure.canRetry && hasAttemptsLeft(node, leaf)) {
    return setLeaf(run, node, {
      phase: 'prepared',
      touched: false,
      attempt: leaf.attempt + 1,
      failure,
      notBefore: run.now + retryDelayMs(leaf.attempt - leaf.attemptBase),
    })
  }
  setLeaf(run, node, { phase: 'failed', touched: false, failure })
}

/** A lost lease stopped it before it had an effect: no fault of the step, and no attempt. */
function stopped(leaf: LeafState): Patch {
  return { attempt: leaf.attempt + 1, attemptBase: leaf.attemptBase + 1 }
}

/** Prepare said no. A lease that somebody else holds is waited for by a person, not counted as a failure of the step. */
function refusedBefore(run: Run, node: IndexedLeaf, leaf: LeafState, failure: Failure): Patch {
  const mayRetry = failure.canRetry && hasAttemptsLeft(node, leaf)
  if (mayRetry) return { attempt: leaf.attempt + 1, failure, notBefore: run.now + retryDelayMs(leaf.attempt - leaf.attemptBase) }
  return failure.code === 'LEASE_HELD' ? { phase: 'stuck', stuck: 'lease-held', failure } : { phase: 'failed', failure }
}

/** What a look after a doubt means. `unknown` is asked again, never done again: an earlier attempt may still be on its way. */
function probed(run: Run, node: IndexedLeaf, leaf: LeafState, position: Position): Patch {
  switch (position.at) {
    case 'after':
      return effected(position.receipt)
    case 'before':
      if (leaf.refused || !hasAttemptsLeft(node, leaf))
        return { phase: 'failed', touched: false, refused: false, failure: leaf.failure ?? interrupted(node) }
      // It stays in doubt: what was on its way may still arrive after this look.
      return { phase: 'prepared', touched: false, attempt: leaf.attempt + 1, looks: 0, since: undefined, notBefore: undefined }
    case 'between':
      if (isRepeatable(node, leaf) && hasAttemptsLeft(node, leaf))
        return { phase: 'prepared', doubted: true, attempt: leaf.attempt + 1, looks: 0, since: undefined, notBefore: undefined }
      return { phase: 'stuck', stuck: 'in-doubt', failure: halfDone(node, position.detail) }
    case 'elsewhere':
      return { phase: 'stuck', stuck: 'in-doubt', failure: elsewhere(node, position.detail) }
    case 'unknown':
      return lookAgain(run, node, leaf, position.detail)
  }
}

function probedUnchanged(run: Run, node: IndexedLeaf, leaf: LeafState, position: Position): Patch {
  if (position.at === 'after') return effected(position.receipt)
  if (position.at === 'unknown') return lookAgain(run, node, leaf, position.detail)
  return { phase: 'failed', failure: { ...elsewhere(node, position.at), effect: 'none' } }
}

function lookAgain(run: Run, node: IndexedLeaf, leaf: LeafState, detail: string): Patch {
  const since = leaf.since ?? run.now
  if (run.now - since >= (node.sealed.timeoutMs ?? 300_000)) return { phase: 'stuck', stuck: 'in-doubt', failure: unseen(node, detail) }
  return { since, looks: leaf.looks + 1, notBefore: run.now + lookDelayMs(leaf.looks) }
}

function verified(
  run: Run,
  node: IndexedLeaf,
  leaf: LeafState,
  { status, evidence, detail }: Extract<RunRecord, { type: 'step.verified' }>,
): Patch {
  const seen = { status, evidence }
  const since = leaf.since ?? run.now
  const isOver = run.now - since >= (node.sealed.timeoutMs ?? 300_000)
  if (status === 'healthy') return { ...seen, phase: 'done', looks: 0, since: undefined, notBefore: undefined }
  if (status === 'unhealthy' || (status === 'progressing' && isOver))
    return { ...seen, phase: 'failed', failure: unhealthy(node, detail, status === 'progressing') }
  if (isOver) return { ...seen, phase: 'stuck', stuck: 'no-data', failure: noData(node, detail) }
  return { ...seen, since, looks: leaf.looks + 1, notBefore: run.now + lookDelayMs(leaf.looks) }
}
