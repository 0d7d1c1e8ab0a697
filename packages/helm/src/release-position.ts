import { RollbackError, type Position } from '@backstep/core'
import type { Call } from '@backstep/kubernetes'
import type { ReleaseObjects } from './client.ts'
import {
  describeDifference,
  readLive,
  releaseDifferences,
  trackObjects,
  type Difference,
  type LiveObjects,
  type Tracked,
} from './live-release.ts'
import { deployedRecords, lastRecord, readHistory, type History, type ReleaseRef } from './release-history.ts'
import type { ReleaseRecord } from './release-record.ts'

/** One end of the way: what prepare saw of a record. */
export type ReleaseEnd = { readonly revision: number; readonly digest: string; readonly status: string }

/** Both ends, and what keeps either from being exact. */
export type ReleaseWay = {
  readonly before: ReleaseEnd
  readonly after: ReleaseEnd
  /** What somebody had changed by hand when it was prepared. */
  readonly drift: readonly string[]
  /** Differences that are nobody's concern here: replicas under an autoscaler, and what the plan tolerates. */
  readonly ignored: readonly string[]
}

/** Identity of the content only: a rollback to it makes another record with the same digest. */
export type ReleaseReceipt = { readonly digest: string }

/** A release as it is now, seen between the two ends. */
export interface SeenRelease {
  readonly history: History
  readonly last: ReleaseRecord
  readonly from: ReleaseRecord | undefined
  readonly to: ReleaseRecord | undefined
  readonly tracked: { readonly from: Tracked; readonly to: Tracked }
  readonly live: LiveObjects
}

/** The two ends by their content. */
export interface ReleaseEnds {
  readonly from: string
  readonly to: string
  /** What an upgrade is going to make, before there is a record of it. */
  readonly planned?: ReleaseRecord | undefined
}

/** Reads records and live objects. The records of both ends have to be there: Helm goes back to a record, not to a copy of it. */
export async function seeRelease(client: ReleaseObjects, ref: ReleaseRef, ends: ReleaseEnds, call: Call): Promise<SeenRelease> {
  return seeHistory(client, ref, await readHistory(client, ref, call), ends, call)
}

/** The same, from records that were just read. */
export async function seeHistory(
  client: ReleaseObjects,
  ref: ReleaseRef,
  history: History,
  ends: ReleaseEnds,
  call: Call,
): Promise<SeenRelease> {
  const last = lastRecord(history, ref)
  const from = history.records.findLast(({ digest }) => digest === ends.from)
  const to = history.records.findLast(({ digest }) => digest === ends.to) ?? ends.planned
  const nothing: Tracked = { objects: new Map(), unserved: [] }
  const [trackedFrom = nothing, trackedTo = nothing] = await trackObjects(client, ref.namespace, [from, to], call)
  const live = from === undefined || to === undefined ? new Map() : await readLive(client, [trackedFrom, trackedTo], call)
  return { history, last, from, to, tracked: { from: trackedFrom, to: trackedTo }, live }
}

/**
 * Where a release is on its way, by content and live objects and never by status alone.
 *
 * - `after`: the newest record has the target's content, it alone is deployed, and the live objects are exactly that.
 * - `before`: the newest record is the one that was found, or has its content and is deployed again, and the live objects say so.
 * - `between`: one of our own is half done: a record that is pending or failed, objects or fields that only the other end has, two records
 *   that call themselves deployed.
 * - `elsewhere`: somebody else: other content, objects that are neither the one nor the other, a record that was removed.
 */
export function positionOf(seen: SeenRelease, way: ReleaseWay): Position<ReleaseReceipt> {
  const { last, from, to } = seen
  if (from === undefined) return elsewhere(`the record of revision ${way.before.revision} is gone`)
  if (to === undefined) return elsewhere(`the record of revision ${way.after.revision} is gone`)
  if (way.before.digest === way.after.digest) return samePlace(seen, way)
  if (last.digest === way.after.digest) return positionNearTarget(seen, way)
  if (last.digest === way.before.digest) return nearStart(seen, way)
  return elsewhere(`revision ${last.revision} has other content`)
}

/** Nothing had to be done: the content was there already. */
function samePlace(seen: SeenRelease, way: ReleaseWay): Position<ReleaseReceipt> {
  const { last } = seen
  if (last.digest !== way.after.digest) return elsewhere(`revision ${last.revision} has other content`)
  const found = differencesOf(seen, 'to', way)
  if (last.status === 'deployed' && found.length === 0) return { at: 'after', receipt: { digest: last.digest } }
  return elsewhere(found.length === 0 ? `revision ${last.revision} is ${last.status}` : brief(found))
}

/** The newest record has the target's content: whether the rest is that too. */
export function positionNearTarget(seen: SeenRelease, way: ReleaseWay): Position<ReleaseReceipt> {
  const unfinished = unfinishedAt(seen, differencesOf(seen, 'to', way), 'from')
  return unfinished ?? { at: 'after', receipt: { digest: seen.last.digest } }
}

function nearStart(seen: SeenRelease, way: ReleaseWay): Position<ReleaseReceipt> {
  const { last } = seen
  const isUntouched = last.revision === way.before.revision
  const drift = new Set(isUntouched ? way.drift : [])
  const found = differencesOf(seen, 'from', way).filter((difference) => !drift.has(describeDifference(difference)))
  if (!isUntouched || last.status !== way.before.status) return unfinishedAt(seen, found, 'to') ?? { at: 'before' }
  const foreign = found.filter((difference) => !isOfOtherEnd(seen, 'to', difference))
  if (foreign.length > 0) return elsewhere(brief(foreign))
  return found.length > 0 ? { at: 'between', detail: brief(found) } : { at: 'before' }
}

/** Why the newest record is not what it should be: half done by us, or changed by somebody else. */
function unfinishedAt(
  { history, ...seen }: SeenRelease,
  found: readonly Difference[],
  otherEnd: 'from' | 'to',
): Position<ReleaseReceipt> | undefined {
  const { revision, status } = seen.last
  if (status !== 'deployed') return { at: 'between', detail: `revision ${revision} is ${status}` }
  const foreign = found.filter((difference) => !isOfOtherEnd(seen, otherEnd, difference))
  if (foreign.length > 0) return elsewhere(brief(foreign))
  if (found.length > 0) return { at: 'between', detail: `revision ${revision} is deployed, and ${brief(found)}` }
  const deployed = deployedRecords(history)
  if (deployed.length === 1) return undefined
  return { at: 'between', detail: `revisions ${deployed.map((record) => record.revision).join(' and ')} both call themselves deployed` }
}

/** What keeps the live objects from being exactly one end. */
export function differencesOf(
  { tracked, live }: Pick<SeenRelease, 'tracked' | 'live'>,
  end: 'from' | 'to',
  { ignored }: Pick<ReleaseWay, 'ignored'>,
): readonly Difference[] {
  const other = end === 'to' ? 'from' : 'to'
  return releaseDifferences(tracked[end].objects, tracked[other].objects, live).filter(
    (difference) => !ignored.includes(describeDifference(difference)),
  )
}

/** The live object is there as the other end has it: a change of ours that is not done yet, or not undone yet. */
function isOfOtherEnd(
  { tracked, live }: Pick<SeenRelease, 'tracked' | 'live'>,
  other: 'from' | 'to',
  { key, what, path }: Difference,
): boolean {
  if (what === 'left') return true
  if (what === 'missing') return !tracked[other].objects.has(key)
  const seenFromThere = differencesOf({ tracked, live }, other, { ignored: [] })
  return !seenFromThere.some((difference) => difference.key === key && difference.path === path)
}

function elsewhere(detail: string): Position<ReleaseReceipt> {
  return { at: 'elsewhere', detail }
}

/** The first of them: a detail is read by a person. */
export function brief(differences: readonly Difference[]): string {
  const shown = differences.slice(0, 5).map(describeDifference).join('; ')
  return differences.length > 5 ? `${shown}; and ${differences.length - 5} more` : shown
}

/** The error of a release that is not where a step may go on. */
export function drifted(position: Position, { namespace, release }: Pick<ReleaseRef, 'namespace' | 'release'>): RollbackError {
  const detail = 'detail' in position ? position.detail : `it is ${position.at}`
  return new RollbackError('DRIFTED', `${namespace}/${release} is not as it was prepared: ${detail}`, {
    hint: 'Find out who changed it, then preview again.',
  })
}
