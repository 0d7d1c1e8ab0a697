import type { History } from './release-history.ts'
import type { ReleaseRecord } from './release-record.ts'

/** One revision and whether it is something to go back to. */
export interface JudgedRevision {
  readonly record: ReleaseRecord
  readonly isCandidate: boolean
  /** What speaks for it, or the first thing that speaks against it. */
  readonly why: string
}

/**
 * Which revisions are something to go back to, newest first. A number says nothing: after two failed upgrades the one before the last is a
 * failed one. Against a revision speak: it failed or never ended; its tests failed; it has the content that is live now, so that going back
 * would change nothing; somebody has already rolled back from its content.
 *
 * For it speaks that it was deployed, and for how long until the next revision came. That it was good is not in Helm's records.
 */
export function judgeRevisions({ records }: History): readonly JudgedRevision[] {
  const newest = records.at(-1)
  const left = new Set(records.flatMap((record, index) => leftBy(record, records[index - 1])))
  return records
    .map((record, index): JudgedRevision => {
      const against = reasonAgainst(record, newest, left)
      return { record, isCandidate: against === undefined, why: against ?? reasonFor(record, records[index + 1]) }
    })
    .toReversed()
}

/** A rollback that succeeded says that what was there before it was bad. */
function leftBy(record: ReleaseRecord, before: ReleaseRecord | undefined): readonly string[] {
  const isRollback = record.rollbackOf !== undefined && (record.status === 'deployed' || record.status === 'superseded')
  return isRollback && before !== undefined && before.digest !== record.digest ? [before.digest] : []
}

function reasonAgainst(record: ReleaseRecord, newest: ReleaseRecord | undefined, left: ReadonlySet<string>): string | undefined {
  if (record.status !== 'deployed' && record.status !== 'superseded') return `it is ${record.status}`
  const failed = record.hooks.find(({ events, phase }) => events.some((event) => event.startsWith('test')) && phase === 'Failed')
  if (failed !== undefined) return `its test ${failed.name} failed`
  if (record.digest === newest?.digest) return 'it has the content of the newest revision'
  return left.has(record.digest) ? 'somebody has already rolled back from it' : undefined
}

function reasonFor({ lastDeployedAt, status }: ReleaseRecord, next: ReleaseRecord | undefined): string {
  const from = lastDeployedAt === undefined ? '' : ` from ${lastDeployedAt}`
  return status === 'deployed' ? `it is deployed${from}` : `it was deployed${from} until ${next?.lastDeployedAt ?? 'another one came'}`
}
