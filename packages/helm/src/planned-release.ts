import { RollbackError, type JsonObject, type SealedSecret, type StepContext } from '@backstep/core'
import type { HelmClient, UpgradeRequest } from './client.ts'
import { recordFrom, type ReleaseRecord } from './release-record.ts'

/** An upgrade that is going to be made: what Helm is asked for, and the release that comes of it. */
export interface PlannedUpgrade {
  readonly request: UpgradeRequest
  readonly record: ReleaseRecord
}

type Kept = { readonly request: UpgradeRequest; readonly release: JsonObject }

/**
 * Lets Helm render an upgrade against the server, twice: a template that gives something else each time has no content that could be
 * approved, or recognised afterwards.
 *
 * @throws RollbackError `NOT_SUPPORTED` when the two differ, `REJECTED` when the chart cannot be rendered.
 */
export async function planUpgrade(
  client: HelmClient,
  request: UpgradeRequest,
  context: StepContext,
): Promise<{ readonly plan: PlannedUpgrade; readonly kept: SealedSecret }> {
  const release = await client.render(request, context)
  const again = await client.render(request, context)
  const record = plannedRecord(release)
  if (plannedRecord(again).digest !== record.digest) {
    throw new RollbackError('NOT_SUPPORTED', `The chart ${record.chart.name} ${record.chart.version} renders something else each time`, {
      hint: 'Give the values that it makes up itself (passwords, times), so that what is approved is what is deployed.',
    })
  }
  const kept: Kept = { request, release }
  return { plan: { request, record }, kept: await context.seal(JSON.stringify(kept)) }
}

/** The same from what was kept. It is sealed: values and manifests may hold secrets. */
export async function readPlan(sealed: SealedSecret, { unseal }: StepContext): Promise<PlannedUpgrade> {
  const { request, release } = JSON.parse(await unseal(sealed)) as Kept
  return { request, record: plannedRecord(release) }
}

function plannedRecord(release: JsonObject): ReleaseRecord {
  return recordFrom(release, { kind: 'Secret', name: 'planned', uid: '' }, Buffer.byteLength(JSON.stringify(release)))
}
