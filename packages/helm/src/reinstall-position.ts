import type { Position } from '@backstep/core'
import { describeDifference, nameOf } from './live-release.ts'
import { brief, differencesOf, positionNearTarget, type ReleaseReceipt, type ReleaseWay, type SeenRelease } from './release-position.ts'

/** One live object, known by its uid. */
export type KnownObject = { readonly key: string; readonly uid: string }

/** What prepare keeps of a release that is going to be installed anew. */
export type ReinstallWay = ReleaseWay & {
  /** Deleted before Helm starts. */
  readonly removed: readonly KnownObject[]
  /** Must have the same uid afterwards. */
  readonly kept: readonly KnownObject[]
}

/**
 * Where a release is that is installed anew. Its content may be the same before and after, so the objects themselves tell it: those that were
 * there are gone, by uid, and others are there.
 *
 * - `before`: the newest record is the one that was found, and every object that is to go is there, unchanged.
 * - `after`: a newer record has the target's content and alone is deployed, the live objects are exactly that, and what was to stay has stayed.
 * - `between`: some are gone, or the newer record is half done.
 * - `elsewhere`: somebody else: an object was made anew, changed, or taken away that was to stay; a record has other content.
 */
export function reinstallPosition(seen: SeenRelease, way: ReinstallWay): Position<ReleaseReceipt> {
  const { last, from, to, live } = seen
  if (from === undefined) return elsewhere(`the record of revision ${way.before.revision} is gone`)
  if (to === undefined) return elsewhere(`the record of revision ${way.after.revision} is gone`)
  const lost = way.kept.filter(({ key, uid }) => live.get(key)?.metadata.uid !== uid)
  if (lost.length > 0) return elsewhere(`${lost.map(({ key }) => nameOf(key)).join(', ')} was to stay, and is not the same one any more`)
  const old = way.removed.filter(({ key, uid }) => live.get(key)?.metadata.uid === uid)
  if (last.revision > way.before.revision) return newerPosition(seen, way, old)
  if (last.revision < way.before.revision || last.digest !== way.before.digest)
    return elsewhere(`the newest record is revision ${last.revision}, another one`)
  return emptiedPosition(seen, way, old)
}

function newerPosition(seen: SeenRelease, way: ReinstallWay, old: readonly KnownObject[]): Position<ReleaseReceipt> {
  const { last } = seen
  if (last.digest !== way.after.digest) return elsewhere(`revision ${last.revision} has other content`)
  if (old.length > 0) return elsewhere(`revision ${last.revision} is somebody else's: ${namesOf(old)} was never removed`)
  return positionNearTarget(seen, way)
}

/** Helm has not been here yet. */
function emptiedPosition(seen: SeenRelease, way: ReinstallWay, old: readonly KnownObject[]): Position<ReleaseReceipt> {
  const others = way.removed.filter(({ key, uid }) => seen.live.has(key) && seen.live.get(key)?.metadata.uid !== uid)
  if (others.length > 0) return elsewhere(`${namesOf(others)} was made anew by somebody else`)
  const leaving = old.filter(({ key }) => seen.live.get(key)?.metadata.deletionTimestamp === undefined)
  const removed = new Set(way.removed.map(({ key }) => key))
  const known = new Set(way.drift)
  const foreign = differencesOf(seen, 'from', way)
    .filter((difference) => !known.has(describeDifference(difference)) && difference.what !== 'left')
    .filter(({ key, what }) => !(what === 'missing' && removed.has(key)))
  if (foreign.length > 0) return elsewhere(brief(foreign))
  if (leaving.length === way.removed.length) return { at: 'before' }
  return { at: 'between', detail: `${way.removed.length - leaving.length} of ${way.removed.length} objects are removed` }
}

function namesOf(objects: readonly KnownObject[]): string {
  return objects.map(({ key }) => nameOf(key)).join(', ')
}

function elsewhere(detail: string): Position<ReleaseReceipt> {
  return { at: 'elsewhere', detail }
}
