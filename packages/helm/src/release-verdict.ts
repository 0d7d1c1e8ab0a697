import type { Evidence, StepContext, Verdict } from '@backstep/core'
import { nameOf, type LiveObjects, type TrackedObjects } from './live-release.ts'
import { unreadyReason } from './workload-health.ts'

/** Health of the live objects of one release: one look. */
export function healthOf(
  objects: TrackedObjects,
  live: LiveObjects,
  { evidence }: Pick<StepContext, 'evidence'>,
  known: readonly Evidence[],
): Verdict {
  const unready = [...objects.keys()].flatMap((key) => {
    const object = live.get(key)
    const reason = object === undefined ? undefined : unreadyReason(object)
    return reason === undefined ? [] : [{ ...reason, text: `${nameOf(key)}: ${reason.why}` }]
  })
  const actual = unready.map(({ text }) => text).join('; ')
  const seen = [...known, evidence('objects that are not ready', actual === '' ? 'none' : actual, 'live objects')]
  if (unready.length === 0) return { status: 'healthy', evidence: seen }
  if (unready.some(({ state }) => state === 'failed'))
    return { status: 'unhealthy', evidence: seen, expected: 'every object is ready', actual }
  return { status: 'progressing', evidence: seen, actual }
}
