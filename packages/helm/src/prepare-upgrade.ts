import type { ExecuteContext, JsonObject, Position, Preparation, Restoration, StepContext, StepFactory, Verdict } from '@backstep/core'
import type { ClusterOptions } from '@backstep/kubernetes'
import * as z from 'zod'
import { type HelmClient, helmContacts } from './client.ts'
import { converge } from './converge.ts'
import { planUpgrade, readPlan } from './planned-release.ts'
import { chartOf, prepareWay, type WayOptions } from './prepare-way.ts'
import { appliesByServer } from './rehearsal.ts'
import { lastRecord, readHistory, recordOf } from './release-history.ts'
import { seeHistory, type ReleaseReceipt, type ReleaseWay } from './release-position.ts'
import type { ReleaseRecord, StorageDriver } from './release-record.ts'
import type { RollbackReleaseReceipt } from './rollback-release.ts'
import { goBack, journeyOf, probeWay, verifyWay } from './walk-way.ts'
import { waySchema } from './way-schema.ts'

/** What every step takes that upgrades a release. */
export interface ChangeReleaseOptions extends ClusterOptions {
  readonly namespace: string
  readonly release: string
  /** Whether the chart's upgrade hooks run. Default `run`. */
  readonly hooks?: 'run' | 'skip' | undefined
  /** Where the records are. Default `secret`. */
  readonly driver?: StorageDriver | undefined
  /** The name or the absolute path of the binary. Default `helm`. */
  readonly helm?: string | undefined
  /** Differences that are nobody's concern; see `rollbackRelease`. */
  readonly tolerate?: readonly string[] | undefined
  readonly whenOwned?: 'refuse' | 'warn' | undefined
  readonly conflicts?: 'refuse' | 'force' | undefined
}

/** The planned release, sealed. */
export type UpgradeSnapshot = { readonly planned: { readonly sealed: string } }
export type ChangeFactory<Options> = StepFactory<Options, RollbackReleaseReceipt, 'reversible', HelmClient>

/** What all steps that upgrade have in common. */
export const upgradeShape: {
  readonly prepared: typeof waySchema
  readonly snapshot: z.ZodObject<{ planned: z.ZodObject<{ sealed: z.ZodString }> }>
  readonly receipt: z.ZodObject<{ digest: z.ZodString }>
  readonly traits: { readonly risk: 'reversible'; readonly idempotency: 'natural'; readonly fencing: 'lease-only'; readonly layer: 'code' }
  readonly contacts: typeof helmContacts
} = {
  prepared: waySchema,
  snapshot: z.object({ planned: z.object({ sealed: z.string() }) }),
  receipt: z.object({ digest: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only', layer: 'code' },
  contacts: helmContacts,
}

interface UpgradeWork {
  readonly prepared: ReleaseWay
  readonly snapshot: UpgradeSnapshot
  readonly client: HelmClient
  readonly options: WayOptions
}

/** Probe, execute, verify and compensate of an upgrade: those of a rollback, with a content that has no record yet. */
export const upgradeMethods: {
  readonly probe: (work: UpgradeWork, context: StepContext) => Promise<Position<ReleaseReceipt>>
  readonly execute: (work: UpgradeWork, context: ExecuteContext) => Promise<ReleaseReceipt>
  readonly verify: (work: UpgradeWork, context: StepContext) => Promise<Verdict>
  readonly compensate: (work: UpgradeWork, context: ExecuteContext) => Promise<Restoration>
} = {
  async probe({ prepared, snapshot, options, client }, context) {
    return probeWay(client, options, prepared, context, (await readPlan(snapshot.planned, context)).record)
  },
  async execute({ prepared, snapshot, options, client }, context) {
    return converge(journeyOf(client, options, prepared, 'after', await readPlan(snapshot.planned, context)), context)
  },
  async verify({ prepared, snapshot, options, client }, context) {
    return verifyWay(client, options, prepared, context, (await readPlan(snapshot.planned, context)).record)
  },
  async compensate({ prepared, snapshot, options, client }, context) {
    return goBack(journeyOf(client, options, prepared, 'before', await readPlan(snapshot.planned, context)), context)
  },
}

/** What an upgrade is asked for. */
export interface WantedUpgrade {
  readonly chart: string | JsonObject
  readonly chartVersion: string | undefined
  readonly values: JsonObject
  /** For the summary. */
  readonly what: string
}

/** Renders the upgrade, and looks at everything that it would do. */
export async function prepareUpgrade(
  client: HelmClient,
  options: WayOptions,
  context: StepContext,
  choose: (last: ReleaseRecord, recordAt: (revision: number) => ReleaseRecord) => WantedUpgrade,
): Promise<Preparation<ReleaseWay, 'reversible', UpgradeSnapshot>> {
  const { namespace, release } = options
  const history = await readHistory(client, options, context)
  const last = lastRecord(history, options)
  const { what, ...wanted } = choose(last, (revision) => recordOf(history, revision, options))
  const forcesConflicts = options.conflicts === 'force' && appliesByServer(last, await client.helmVersion(context))
  const request = { namespace, release, ...wanted, runsHooks: options.hooks === 'run', forcesConflicts }
  const { plan, kept } = await planUpgrade(client, request, context)
  const seen = await seeHistory(client, options, history, { from: last.digest, to: plan.record.digest, planned: plan.record }, context)
  const preparation = await prepareWay(client, options, { ...seen, from: last, to: plan.record }, context, {
    verb: 'upgrade',
    summary: ({ from, to }) => `Upgrade ${namespace}/${release} from revision ${from.revision} to ${chartOf(to)}, ${what}`,
  })
  return { ...preparation, snapshot: { planned: kept } }
}
