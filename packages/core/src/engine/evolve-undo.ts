import type { JsonObject } from '../contract/json.ts'
import type { Position } from '../contract/observation.ts'
import { lookDelayMs, retryDelayMs } from './backoff.ts'
import { outOfOrder } from './out-of-order.ts'
import { failureOf } from './evolve-step.ts'
import type { LeafState } from './leaf-state.ts'
import type { IndexedLeaf } from './plan-index.ts'
import type { Failure, RunRecord } from './records.ts'
import { leafAt, setLeaf, type Run } from './run.ts'

type Patch = Parameters<typeof setLeaf>[2]
type UndoRecord = Extract<RunRecord, { type: `undo.${string}` }>

/** Records of a step going back. */
export function evolveUndo(run: Run, node: IndexedLeaf, record: UndoRecord): void {
  const leaf = leafAt(run, node)
  switch (record.type) {
    case 'undo.looked':
      if (leaf.undo === 'none') setLeaf(run, node, looked(run, node, leaf, record.position))
      return
    case 'undo.intended':
      if (leaf.undo !== 'ready') throw outOfOrder(record, `its undo is ${leaf.undo}, not ready`)
      return setLeaf(run, node, { undo: 'intended', undoAttempt: record.attempt, undoRefused: false })
    case 'undo.effected':
      if (leaf.undo === 'none' || leaf.undo === 'ready') throw outOfOrder(record, 'there is no intent before it')
      if (leaf.undo !== 'intended') return
      noteEntered(run, node, record.receipt)
      return setLeaf(run, node, {
        undo: 'effected',
        evidence: record.evidence,
        notRestored: record.notRestored,
        looks: 0,
        since: undefined,
        notBefore: undefined,
      })
    case 'undo.failed':
      if (leaf.undo === 'intended') setLeaf(run, node, failed(run, node, leaf, failureOf(record)))
      return
    case 'undo.probed':
      if (leaf.undo !== 'effected' && leaf.undo !== 'doubt') return
      noteEntered(run, node, record.receipt)
      setLeaf(run, node, probed(run, node, leaf, record.position))
  }
}

/** Going back over its leaving, a scope was entered again: what its step knows of its effect is new. */
function noteEntered(run: Run, node: IndexedLeaf, receipt: JsonObject | undefined): void {
  if (receipt !== undefined && node.of !== undefined) setLeaf(run, node.of, { receipt })
}

const settled: Patch = { looks: 0, since: undefined, notBefore: undefined }

function hasAttemptsLeft(node: IndexedLeaf, leaf: LeafState): boolean {
  return leaf.undoAttempt - leaf.undoAttemptBase < (node.sealed.attempts ?? 3)
}

function isRepeatable(node: IndexedLeaf, leaf: LeafState): boolean {
  return (leaf.facts?.idempotency ?? node.sealed.idempotency) !== 'none'
}

/** The look before an undo. Somebody else's change is never overwritten. */
function looked(run: Run, node: IndexedLeaf, leaf: LeafState, position: Position): Patch {
  switch (position.at) {
    case 'before':
      return { ...settled, undo: 'done', undoFailure: undefined }
    case 'after':
      return { ...settled, undo: 'ready' }
    case 'between':
      return isRepeatable(node, leaf)
        ? { ...settled, undo: 'ready' }
        : { undo: 'failed', undoFailure: stopped(node, 'OUTCOME_UNKNOWN', `it is half done: ${position.detail}`) }
    case 'elsewhere':
      return { undo: 'failed', undoFailure: stopped(node, 'DRIFTED', `somebody else changed it since: ${position.detail}`) }
    case 'unknown':
      return lookAgain(run, node, leaf, position.detail)
  }
}

function failed(run: Run, node: IndexedLeaf, leaf: LeafState, failure: Failure): Patch {
  const doubt = { undo: 'doubt', undoFailure: failure, looks: 0, since: run.now, notBefore: undefined } as const
  if (failure.effect === 'unknown') return { ...doubt, undoDoubted: true, undoRefused: false }
  // A lost lease stopped it before it had an effect: no attempt.
  if (run.lost !== undefined && !leaf.undoDoubted)
    return { ...settled, undo: 'none', undoAllowed: true, undoAttempt: leaf.undoAttempt + 1, undoAttemptBase: leaf.undoAttemptBase + 1 }
  if (leaf.undoDoubted) return { ...doubt, undoRefused: !failure.canRetry }
  if (failure.canRetry && hasAttemptsLeft(node, leaf)) return again(run, leaf, failure)
  return { undo: 'failed', undoFailure: failure }
}

/** The undo is looked at before it is tried again. */
function again(run: Run, leaf: LeafState, failure: Failure | undefined): Patch {
  return {
    undo: 'none',
    undoAllowed: true,
    undoAttempt: leaf.undoAttempt + 1,
    looks: 0,
    since: undefined,
    notBefore: run.now + retryDelayMs(leaf.undoAttempt - leaf.undoAttemptBase),
    undoFailure: failure,
  }
}

/** The proof of an undo: only `before` counts. */
function probed(run: Run, node: IndexedLeaf, leaf: LeafState, position: Position): Patch {
  switch (position.at) {
    case 'before':
      return { ...settled, undo: 'done', undoDoubted: false, undoRefused: false, undoFailure: undefined }
    case 'after':
    case 'between': {
      const isDefinite = position.at === 'after' || isRepeatable(node, leaf)
      if (isDefinite && !leaf.undoRefused && hasAttemptsLeft(node, leaf)) return again(run, leaf, leaf.undoFailure)
      const detail = position.at === 'after' ? 'its effect still stands after the undo' : `the undo is half done: ${position.detail}`
      return { undo: 'failed', undoFailure: leaf.undoFailure ?? stopped(node, 'COMPENSATION_FAILED', detail) }
    }
    case 'elsewhere':
      return { undo: 'failed', undoFailure: stopped(node, 'DRIFTED', `neither its effect nor what was there before: ${position.detail}`) }
    case 'unknown':
      return lookAgain(run, node, leaf, position.detail)
  }
}

function lookAgain(run: Run, node: IndexedLeaf, leaf: LeafState, detail: string): Patch {
  const since = leaf.since ?? run.now
  if (run.now - since >= (node.sealed.timeoutMs ?? 300_000))
    return { undo: 'failed', undoFailure: stopped(node, 'OUTCOME_UNKNOWN', `it cannot be seen: ${detail}`) }
  return { since, looks: leaf.looks + 1, notBefore: run.now + lookDelayMs(leaf.looks) }
}

function stopped(node: IndexedLeaf, code: string, detail: string): Failure {
  return {
    code,
    message: `${node.sealed.id} was not undone: ${detail}`,
    hint: 'Look at the target. Then answer retry to undo it, or skip to leave it as it is.',
    effect: 'unknown',
    canRetry: false,
  }
}
