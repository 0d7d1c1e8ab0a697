import {
  approvalHash,
  canonical,
  isWithinApproval,
  leafAt,
  RollbackError,
  type IndexedLeaf,
  type Preparation,
  type RecordBody,
  type StoredPreparation,
} from '@backstep/core'
import { putJson } from './blobs.ts'
import { prepareContext } from './contexts.ts'
import { failureFrom } from './failure.ts'
import { record, recordSoon, type Session } from './session.ts'
import { readCall, rememberSnapshot, stepOf } from './step-call.ts'

const largestPrepared = 65_536

/** Prepares a step once more, under its leases, and holds the result against what was approved. */
export async function performPrepare(session: Session, node: IndexedLeaf): Promise<void> {
  const { id } = node.sealed
  if (node.of !== undefined) return recordSoon(session, preparedRelease(session, node, node.of as IndexedLeaf))
  try {
    recordSoon(session, await prepared(session, node))
  } catch (error) {
    recordSoon(session, { type: 'step.failed', id, ...failureFrom(error, true) })
  }
}

/** Leaving a scope rests on the preparation with which it was entered. */
function preparedRelease({ run }: Session, { sealed }: IndexedLeaf, enter: IndexedLeaf): RecordBody {
  const facts = leafAt(run, enter).facts
  if (facts === undefined)
    throw new RollbackError('INTERNAL', `${enter.sealed.id} was never entered`, {
      hint: 'This is a defect of Backstep: please report it with the journal.',
      effect: 'none',
    })
  return { type: 'step.prepared', id: sealed.id, ...facts, approvalHash: '', risk: [], summary: `Leave ${enter.sealed.id}` }
}

async function prepared(session: Session, node: IndexedLeaf): Promise<RecordBody> {
  const { id } = node.sealed
  const mark = session.ports.randomId()
  const approved = session.approved[id]
  const step = stepOf(session, node)
  const preparation = await readCall(session, node, 'prepare', (source) =>
    step.prepare(
      prepareContext({
        ...source,
        mark,
        read: session.read,
        approved: approved?.preparation as never,
        keep: (stream) => session.writer.putBlob(stream),
      }),
    ),
  )
  checkPreparation(session, node, preparation, approved)
  await takeLateLeases(session, preparation.leases)
  const snapshot = preparation.snapshot === undefined ? undefined : await putJson(session.writer, preparation.snapshot)
  if (snapshot !== undefined) rememberSnapshot(session, snapshot, preparation.snapshot ?? null)
  return {
    type: 'step.prepared',
    id,
    prepared: preparation.prepared,
    mark,
    ...(snapshot === undefined ? {} : { snapshot }),
    approvalHash: approvedHashOf(session, id, approved, preparation),
    risk: preparation.risk,
    ...(preparation.idempotency === undefined ? {} : { idempotency: preparation.idempotency }),
    ...(preparation.undo === undefined ? {} : { undo: preparation.undo }),
    leases: preparation.leases,
    resources: preparation.changes.map((change) => change.resource),
    summary: preparation.summary,
  }
}

/** Within what was approved it carries the approved hash, although a count may have moved. */
function approvedHashOf({ run }: Session, id: string, approved: StoredPreparation | undefined, preparation: Preparation): string {
  const known = run.approved.get(id)
  return approved !== undefined && known !== undefined ? known : approvalHash(id, preparation)
}

function checkPreparation(
  session: Session,
  { sealed }: IndexedLeaf,
  preparation: Preparation,
  approved: StoredPreparation | undefined,
): void {
  const { id } = sealed
  const worse = preparation.risk.find((risk) => !sealed.risk.includes(risk))
  if (worse !== undefined)
    throw refuse(
      'RISK_UNDERSTATED',
      `${id} now risks ${worse}, which its type does not say`,
      'This is a defect of the step: report it to its author.',
    )
  const size = JSON.stringify(preparation.prepared).length
  if (size > largestPrepared)
    throw refuse(
      'INTERNAL',
      `${id}: prepared has ${size} characters, more than ${largestPrepared}`,
      'This is a defect of the step: large values belong into its snapshot.',
    )
  const blocker = preparation.findings?.find((finding) => finding.level === 'blocker')
  if (blocker !== undefined) throw refuse('PRECONDITION_FAILED', `${id}: ${blocker.message}`, blocker.hint)
  if (approved === undefined) return
  const within = isWithinApproval(approved.preparation, preparation)
  if (!within.within)
    throw refuse('DRIFTED', `${id} is no longer what was approved: ${within.why}`, 'Preview again and look at what is different.')
  const moved = movedGuard(session, approved.preparation, preparation)
  if (moved !== undefined)
    throw refuse(
      'DRIFTED',
      `${id}: ${moved.resource} ${moved.property} was ${moved.equals} in the preview`,
      'Somebody changed it since. Preview again.',
    )
}

/** What an earlier step of this run changed is no drift. */
function movedGuard({ run }: Session, approved: Preparation, now: Preparation): Preparation['guards'][number] | undefined {
  const still = new Set(now.guards.map((guard) => canonical(guard)))
  return approved.guards.find((guard) => (run.touchedResources.get(guard.resource) ?? 0) === 0 && !still.has(canonical(guard)))
}

function refuse(code: 'RISK_UNDERSTATED' | 'INTERNAL' | 'PRECONDITION_FAILED' | 'DRIFTED', message: string, hint: string): RollbackError {
  return new RollbackError(code, message, { hint, effect: 'none' })
}

/** Tries for a bounded time; a run never waits for a lease while it holds others. */
async function takeLateLeases(session: Session, keys: readonly string[]): Promise<void> {
  const late = keys.filter((key) => !session.leases.has(key))
  if (late.length === 0) return
  const result = await session.leases.acquireSoon(late, session.stop.signal)
  if (result.granted) return record(session, { type: 'lease.acquired', tokens: result.tokens })
  const { owner, expiresAt } = result.holder
  throw new RollbackError(
    'LEASE_HELD',
    `${result.key} is held by run ${owner.runId} (process ${owner.pid} on ${owner.host}) until ${new Date(expiresAt).toISOString()}`,
    {
      hint: 'Wait until that run has ended, then answer retry.',
      canRetry: false,
    },
  )
}
