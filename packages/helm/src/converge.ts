import { plainCause, RollbackError, type ExecuteContext } from '@backstep/core'
import { afterWrite } from '@backstep/kubernetes'
import type { HelmClient, HelmExit } from './client.ts'
import { reasonOf } from './errors.ts'
import { cannotAdopt as fails } from './helm-versions.ts'
import { nameOf } from './live-release.ts'
import { isPrecious } from './precious-objects.ts'
import {
  differencesOf,
  drifted,
  positionOf,
  seeRelease,
  type ReleaseReceipt,
  type ReleaseWay,
  type SeenRelease,
} from './release-position.ts'
import { isPending, type ReleaseRef } from './release-history.ts'
import type { ReleaseRecord } from './release-record.ts'
import type { PlannedUpgrade } from './planned-release.ts'
import { appliesByServer } from './rehearsal.ts'
import { removeRecord } from './remove-record.ts'

/** One journey of a release: where it was found, where it goes, and which way. */
export interface Journey {
  readonly client: HelmClient
  readonly ref: ReleaseRef
  readonly way: ReleaseWay
  readonly towards: 'after' | 'before'
  readonly runsHooks: boolean
  readonly forcesConflicts: boolean
  /** `after` is made by this upgrade instead of a rollback. */
  readonly upgrade?: PlannedUpgrade
}

/**
 * Brings a release to one of its ends from wherever an interrupted attempt has left it, and answers only when records and live objects say
 * that it is there.
 *
 * Helm compares with its newest record, whatever the status of that record is. After an attempt that was cut off, this is our own
 * half-done record, which already has the target's manifest: called again, Helm would leave what only the old manifest had, and say
 * `deployed`. So a half-done record of ours goes first, with a copy of it kept.
 *
 * @throws RollbackError `DRIFTED` without effect when somebody else was there; `REJECTED` without effect when Helm ended and wrote no record;
 * `OUTCOME_UNKNOWN` when it ended half way.
 */
export async function converge(journey: Journey, context: ExecuteContext): Promise<ReleaseReceipt> {
  const { client, ref, way, towards } = journey
  await client.settled(ref, context)
  const seen = await look(journey, context)
  const position = positionOf(seen, way)
  if (position.at === towards) return receiptFor(journey)
  if (position.at !== 'between' && position.at !== (towards === 'after' ? 'before' : 'after')) throw drifted(position, ref)
  const state: Attempt = { hasWritten: false, isOnDetour: false }
  try {
    await go(journey, towards, seen, state, context)
    return receiptFor(journey)
  } catch (cause) {
    throw state.hasWritten ? afterWrite(cause) : cause
  }
}

interface Attempt {
  hasWritten: boolean
  /** On the way to the other end: from there it is not turned round again. */
  isOnDetour: boolean
}

function look({ client, ref, way, upgrade }: Journey, context: ExecuteContext): Promise<SeenRelease> {
  return seeRelease(client, ref, { from: way.before.digest, to: way.after.digest, planned: upgrade?.record }, context)
}

async function go(journey: Journey, end: 'after' | 'before', found: SeenRelease, state: Attempt, context: ExecuteContext): Promise<void> {
  const { way } = journey
  let seen = found
  if (seen.last.digest === way[end].digest && isOwnLeftover(seen, way, end)) {
    await removeRecord(journey.client, seen.last, journey.ref, context)
    state.hasWritten = true
    seen = await look(journey, context)
  }
  if (!state.isOnDetour && (await needsOtherEndFirst(journey, end, seen, context))) {
    state.isOnDetour = true
    await go(journey, end === 'after' ? 'before' : 'after', seen, state, context)
    state.isOnDetour = false
    seen = await look(journey, context)
  }
  await clearCreated(journey, end, seen, state, context)
  await roll(journey, end, seen, state, context)
}

/** A record that this run made and that is no good as what Helm compares with: half done, or done with something left over. */
function isOwnLeftover(seen: SeenRelease, way: ReleaseWay, end: 'after' | 'before'): boolean {
  const { last } = seen
  if (last.revision <= way.before.revision) return false
  if (isHalfDone(last)) return true
  return last.status === 'deployed' && differencesOf(seen, end === 'after' ? 'to' : 'from', way).length > 0
}

function isHalfDone({ status }: ReleaseRecord): boolean {
  return status === 'pending-rollback' || status === 'pending-upgrade' || status === 'failed'
}

/**
 * True when live objects hold parts of both ends and the newest record is no base from which Helm could tell them apart: going to the other
 * end and coming back from there leaves nothing over.
 */
async function needsOtherEndFirst(journey: Journey, end: 'after' | 'before', seen: SeenRelease, context: ExecuteContext): Promise<boolean> {
  const { way } = journey
  const base = seen.last
  if (base.digest === way[end].digest) return differencesOf(seen, end === 'after' ? 'to' : 'from', way).length > 0
  if (end === 'after' || !isHalfDone(base) || base.revision <= way.before.revision) return false
  return (await cannotAdopt(journey, context)) && unrecorded(seen, end).length > 0
}

/** Objects of the end that live although the other end, which Helm compares with, does not have them. */
function unrecorded({ tracked, live }: SeenRelease, end: 'after' | 'before'): readonly string[] {
  const [wanted, base] = end === 'after' ? [tracked.to, tracked.from] : [tracked.from, tracked.to]
  return [...wanted.objects.keys()].filter((key) => !base.objects.has(key) && live.has(key))
}

/** Versions that fail on an object that lives and is in no record: what an interrupted attempt of ours had created is created again. */
async function clearCreated(
  journey: Journey,
  end: 'after' | 'before',
  seen: SeenRelease,
  state: Attempt,
  context: ExecuteContext,
): Promise<void> {
  const keys = seen.last.digest === journey.way[end].digest ? [] : unrecorded(seen, end)
  // An upgrade takes over what carries its own annotations.
  if (keys.length === 0 || isUpgrade(journey, end) || !(await cannotAdopt(journey, context))) return
  const { objects } = end === 'after' ? seen.tracked.to : seen.tracked.from
  for (const key of keys) {
    const object = objects.get(key)?.object
    if (object !== undefined && isPrecious(object, seen.live.get(key))) throw unadoptable(nameOf(key))
  }
  for (const key of keys) {
    const [object, live] = [objects.get(key), seen.live.get(key)]
    if (object === undefined || live === undefined) continue
    await journey.client.remove({ ...object.ref, uid: live.metadata.uid, propagation: 'Background' }, context)
    state.hasWritten = true
  }
}

/** Helm refuses the flag where it applies by itself. */
async function isByServer({ client }: Journey, target: ReleaseRecord, context: ExecuteContext): Promise<boolean> {
  return appliesByServer(target, await client.helmVersion(context))
}

async function cannotAdopt({ client }: Journey, context: ExecuteContext): Promise<boolean> {
  return fails(await client.helmVersion(context))
}

function unadoptable(name: string): RollbackError {
  return new RollbackError(
    'PRECONDITION_FAILED',
    `${name} is in the cluster and not in the newest record, and this Helm would fail on it`,
    {
      hint: 'Use Helm 4.2 or newer: it takes over what is there. The object itself is not touched.',
    },
  )
}

async function roll(journey: Journey, end: 'after' | 'before', seen: SeenRelease, state: Attempt, context: ExecuteContext): Promise<void> {
  const { ref, way } = journey
  const { namespace, release } = ref
  const hadWritten = state.hasWritten
  const exit = await start(journey, end, seen, context)
  state.hasWritten = true
  const after = await look(journey, context)
  const hasRecord = after.last.storedAs.uid !== seen.last.storedAs.uid
  if (!hasRecord && !hadWritten) {
    state.hasWritten = false
    throw new RollbackError('REJECTED', `${namespace}/${release}: ${reasonOf(exit)}, and it wrote no record`, {
      hint: 'Helm changed nothing. Run it by hand with --dry-run, and read what it says.',
      canRetry: true,
      cause: plainCause('helm'),
    })
  }
  const position = positionOf(after, way)
  if (position.at === end) return
  const detail = 'detail' in position ? position.detail : `it is ${position.at}`
  throw new RollbackError('OUTCOME_UNKNOWN', `${namespace}/${release} is half way: ${detail} (${reasonOf(exit)})`, {
    hint: isPending(after.last)
      ? `Look at the hooks of revision ${after.last.revision}; a retry goes on from here, unlockRelease leaves it as it is.`
      : 'Look at the objects that are named; a retry goes on from here.',
  })
}

function isUpgrade({ upgrade }: Journey, end: 'after' | 'before'): boolean {
  return end === 'after' && upgrade !== undefined
}

async function start(journey: Journey, end: 'after' | 'before', seen: SeenRelease, context: ExecuteContext): Promise<HelmExit> {
  const { client, ref, way, runsHooks, upgrade } = journey
  const { namespace, release } = ref
  if (end === 'after' && upgrade !== undefined) return client.upgrade(upgrade.request, context)
  const target = usableRecord(seen, way[end].digest)
  const forcesConflicts = journey.forcesConflicts && (await isByServer(journey, target, context))
  return client.rollback({ namespace, release, revision: target.revision, runsHooks, forcesConflicts }, context)
}

/** The newest record with the content that Helm can go back to. */
export function usableRecord({ history }: SeenRelease, digest: string): ReleaseRecord {
  const records = history.records.filter((record) => record.digest === digest)
  const found = records.findLast((record) => !isPending(record)) ?? records.at(-1)
  if (found !== undefined) return found
  throw new RollbackError('TARGET_NOT_FOUND', 'The record to go back to is gone', {
    hint: 'Somebody removed it, or the history limit did. Preview again with another revision.',
  })
}

function receiptFor({ way, towards }: Journey): ReleaseReceipt {
  return { digest: way[towards].digest }
}
