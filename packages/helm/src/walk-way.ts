import type { ExecuteContext, Position, Restoration, StepContext, Verdict } from '@backstep/core'
import type { HelmClient } from './client.ts'
import { converge, type Journey } from './converge.ts'
import type { PlannedUpgrade } from './planned-release.ts'
import type { ReleaseRef } from './release-history.ts'
import { positionOf, seeRelease, type ReleaseReceipt, type ReleaseWay } from './release-position.ts'
import type { ReleaseRecord } from './release-record.ts'
import { healthOf } from './release-verdict.ts'

/** One journey of a step that goes back to a record. */
export function journeyOf(
  client: HelmClient,
  options: ReleaseRef & { readonly hooks: 'run' | 'skip'; readonly conflicts: 'refuse' | 'force' },
  way: ReleaseWay,
  towards: Journey['towards'],
  upgrade?: PlannedUpgrade,
): Journey {
  return {
    ...(upgrade === undefined ? {} : { upgrade }),
    client,
    ref: options,
    way,
    towards,
    runsHooks: options.hooks === 'run',
    forcesConflicts: options.conflicts === 'force',
  }
}

/** Where the release is. */
export async function probeWay(
  client: HelmClient,
  ref: ReleaseRef,
  way: ReleaseWay,
  context: StepContext,
  planned?: ReleaseRecord,
): Promise<Position<ReleaseReceipt>> {
  return positionOf(await seeRelease(client, ref, { from: way.before.digest, to: way.after.digest, planned }, context), way)
}

/** Identity first, from records and live objects, then the health of every object: one look. */
export async function verifyWay(
  client: HelmClient,
  ref: ReleaseRef,
  way: ReleaseWay,
  context: StepContext,
  planned?: ReleaseRecord,
): Promise<Verdict> {
  const seen = await seeRelease(client, ref, { from: way.before.digest, to: way.after.digest, planned }, context)
  const position = positionOf(seen, way)
  const record = `revision ${seen.last.revision}, ${seen.last.status}, ${seen.last.digest.slice(0, 12)}`
  const detail = 'detail' in position ? position.detail : position.at
  const evidence = [
    context.evidence('newest record', record, 'release records'),
    context.evidence('live objects and records against the target', position.at === 'after' ? 'exact' : detail, 'live objects'),
  ]
  const expected = `the content of revision ${way.after.revision}, ${way.after.digest.slice(0, 12)}`
  if (position.at !== 'after') return { status: 'unhealthy', evidence, expected, actual: detail }
  return healthOf(seen.tracked.to.objects, seen.live, context, evidence)
}

/** Brings the release back to what was found. */
export async function goBack(journey: Journey, context: ExecuteContext): Promise<Restoration> {
  const { digest } = await converge(journey, context)
  return {
    evidence: [context.evidence('content of the newest record', digest.slice(0, 12), 'release records')],
    notRestored: journey.way.drift.map((what) => ({ what, why: 'it had been changed by hand, and Helm restores what its record says' })),
  }
}
