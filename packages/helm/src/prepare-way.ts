import { hashOf, RollbackError, type Finding, type Preparation, type StepContext } from '@backstep/core'
import { namespaceUid, type Call } from '@backstep/kubernetes'
import type { HelmClient } from './client.ts'
import { deletedDefinitionFindings } from './deleted-definitions.ts'
import { describeDifference } from './live-release.ts'
import { permissionFindings } from './permissions.ts'
import { objectNames, hooksAround, releaseChanges, type ObjectNames } from './release-changes.ts'
import { pendingFindings, wayFindings } from './release-findings.ts'
import { lastRecord, readHistory, recordOf, type ReleaseRef } from './release-history.ts'
import { rehearsalFindings } from './rehearsal.ts'
import { ownerFindings, replicasHeldByAutoscalers } from './release-owners.ts'
import { differencesOf, seeHistory, type ReleaseWay, type SeenRelease } from './release-position.ts'
import type { ReleaseRecord } from './release-record.ts'

/** What every step takes that goes back to a record. */
export interface WayOptions extends ReleaseRef {
  readonly hooks: 'run' | 'skip'
  readonly tolerate: readonly string[]
  readonly whenOwned: 'refuse' | 'warn'
  readonly conflicts: 'refuse' | 'force'
}

/** A release with both records. */
export type FoundRelease = SeenRelease & { readonly to: ReleaseRecord; readonly from: ReleaseRecord }

/** How one way is spoken of, and judged. */
export interface WayWords {
  readonly verb: 'rollback' | 'upgrade'
  readonly summary: (seen: FoundRelease) => string
  /** What to say of a newest record that is pending. Default: it is refused. */
  readonly judgePending?: (last: ReleaseRecord) => readonly Finding[]
}

/** Looks at everything that going back to a revision would do. */
export async function prepareRollback(
  client: HelmClient,
  options: WayOptions & { readonly toRevision: number; readonly digest?: string | undefined },
  context: StepContext,
  judgePending?: WayWords['judgePending'],
): Promise<Preparation<ReleaseWay, 'reversible', never>> {
  const { namespace, release } = options
  const seen = await foundRelease(client, options, context)
  return prepareWay(client, options, seen, context, {
    verb: 'rollback',
    summary: ({ from, to }) =>
      `Return ${namespace}/${release} from revision ${from.revision} to the content of revision ${to.revision} (${chartOf(to)})`,
    ...(judgePending === undefined ? {} : { judgePending }),
  })
}

/** Looks at everything that a change from the newest record to another content would do. */
export async function prepareWay(
  client: HelmClient,
  options: WayOptions,
  seen: FoundRelease,
  context: StepContext,
  words: WayWords,
): Promise<Preparation<ReleaseWay, 'reversible', never>> {
  const { verb, judgePending = pendingFindings } = words
  const [version, names, scaled] = await Promise.all([
    client.helmVersion(context),
    objectNames(options, seen, (name, call) => namespaceUid(client, name, call), context),
    replicasHeldByAutoscalers(client, seen, context),
  ])
  const way = wayOf(seen, [...options.tolerate, ...scaled])
  const runsHooks = options.hooks === 'run'
  const asked = await Promise.all([
    deletedDefinitionFindings(client, seen, context),
    rehearsalFindings(client, seen, { version, conflicts: options.conflicts }, context),
    permissionFindings(client, options, seen, context),
    ownerFindings(client, seen, options.whenOwned, context),
  ])
  const findings = [
    ...judgePending(seen.last),
    ...wayFindings(seen, { drift: way.drift, version, runsHooks, verb }),
    ...asked.flat(),
    ...sameContentFindings(seen, way),
  ]
  return { ...preparationOf(seen, way, names, runsHooks, words), findings }
}

/** The release as it is, and the record of the revision to go back to. */
export async function foundRelease(
  client: HelmClient,
  options: WayOptions & { readonly toRevision: number; readonly digest?: string | undefined },
  call: Call,
): Promise<FoundRelease> {
  const history = await readHistory(client, options, call)
  const last = lastRecord(history, options)
  const target = recordOf(history, options.toRevision, options)
  if (options.digest !== undefined && target.digest !== options.digest) {
    throw new RollbackError('DRIFTED', `Revision ${target.revision} of ${options.release} has other content than the one that was chosen`, {
      hint: 'The release was installed anew meanwhile. Ask for its history again, then preview again.',
    })
  }
  const seen = await seeHistory(client, options, history, { from: last.digest, to: target.digest }, call)
  return { ...seen, from: last, to: target }
}

/** Both ends, and what was changed by hand. */
export function wayOf(seen: FoundRelease, ignored: readonly string[]): ReleaseWay {
  const endOf = ({ revision, digest, status }: ReleaseRecord) => ({ revision, digest, status })
  const drift = differencesOf(seen, 'from', { ignored })
    .filter(({ what }) => what !== 'left')
    .map(describeDifference)
  return { before: endOf(seen.from), after: endOf(seen.to), drift, ignored }
}

function preparationOf(
  seen: FoundRelease,
  way: ReleaseWay,
  names: ObjectNames,
  runsHooks: boolean,
  { verb, summary }: WayWords,
): Preparation<ReleaseWay, 'reversible', never> {
  const { from, to, tracked } = seen
  const isThere = way.before.digest === way.after.digest && from.status === 'deployed' && way.drift.length === 0
  const hooks = runsHooks ? hooksAround(to, verb) : []
  const objects = [...new Set([...tracked.from.objects.values(), ...tracked.to.objects.values()].map((object) => names.of(object)))]
  const hasHooks = runsHooks && [...hooks, ...hooksAround(from, 'rollback')].length > 0
  return {
    prepared: way,
    summary: summary(seen),
    changes: isThere ? [] : releaseChanges(seen, names, hooks, verb),
    guards: [
      { resource: names.release, property: 'newest record', equals: `${from.revision} ${from.status} ${from.digest}` },
      { resource: names.release, property: 'target', equals: `${to.revision} ${to.digest}` },
      { resource: names.release, property: 'changes by hand', equals: hashOf(way.drift) },
    ],
    leases: [names.release, ...objects],
    risk: isThere ? [] : ['reversible'],
    ...(hasHooks ? { idempotency: 'none' as const } : {}),
  }
}

/** `shop 0.1.0, app 1.4.2`. */
export function chartOf({ chart: { name, version, appVersion } }: ReleaseRecord): string {
  return `${name} ${version}${appVersion === undefined ? '' : `, app ${appVersion}`}`
}

/** Content alone is no way: without another content to go back to, nothing could be undone. */
function sameContentFindings({ from }: FoundRelease, way: ReleaseWay): readonly Finding[] {
  const isThere = from.status === 'deployed' && way.drift.length === 0
  if (way.before.digest !== way.after.digest || isThere) return []
  const why = way.drift.length > 0 ? 'live objects were changed by hand' : `its newest record is ${from.status}`
  return [
    {
      level: 'blocker',
      code: 'helm.same-content',
      message: `The release has this content already, and ${why}`,
      hint:
        way.drift.length > 0
          ? 'Put the named fields back by a step of their own.'
          : 'Put unlockRelease before this step, or choose another revision.',
    },
  ]
}
