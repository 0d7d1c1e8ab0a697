import { hashOf, type Change, type Finding, type Preparation, type StepContext } from '@backstep/core'
import { namespaceUid, type Call } from '@backstep/kubernetes'
import type { HelmClient } from './client.ts'
import { deletedDefinitionFindings } from './deleted-definitions.ts'
import { nameOf, type TrackedObject } from './live-release.ts'
import { pendingAgeFindings } from './pending-age.ts'
import { permissionFindings } from './permissions.ts'
import { chartOf, foundRelease, wayOf, type FoundRelease, type WayOptions } from './prepare-way.ts'
import { changeOf, hooksAround, objectNames, releaseChanges, type ObjectNames } from './release-changes.ts'
import { wayFindings } from './release-findings.ts'
import { isPending } from './release-history.ts'
import { ownerFindings, replicasHeldByAutoscalers } from './release-owners.ts'
import type { SeenRelease } from './release-position.ts'
import { rehearsalFindings } from './rehearsal.ts'
import { reinstallFindings } from './reinstall-findings.ts'
import { planReinstall, type ReinstallPlan } from './reinstall-plan.ts'
import type { KnownObject, ReinstallWay } from './reinstall-position.ts'

/** What the step takes besides what every way takes. */
export interface ReinstallWayOptions extends WayOptions {
  readonly toRevision: number
  readonly digest?: string | undefined
  readonly keepKinds: readonly string[]
  readonly olderThanMs: number
}

type Reinstallation = Preparation<ReinstallWay, 'point-of-no-return', never>

/** Looks at everything that installing a release anew would delete, keep and make. */
export async function prepareReinstall(client: HelmClient, options: ReinstallWayOptions, context: StepContext): Promise<Reinstallation> {
  const seen = await foundRelease(client, options, context)
  const plan = planReinstall(seen, options.release, options.keepKinds)
  const version = await client.helmVersion(context)
  const names = await objectNames(options, seen, (name, call) => namespaceUid(client, name, call), context)
  const way = {
    ...wayOf(seen, [...options.tolerate, ...(await replicasHeldByAutoscalers(client, seen, context))]),
    removed: plan.removed.map((object) => known(seen, object)),
    kept: plan.kept.map((object) => known(seen, object)),
  }
  const runsHooks = options.hooks === 'run'
  const removed = new Set(plan.removed.map(({ key }) => key))
  const staying = { ...seen, live: new Map([...seen.live].filter(([key]) => !removed.has(key))) }
  const findings = [
    ...(isPending(seen.last) ? pendingAgeFindings(seen.last, options.olderThanMs, context.clock.now()) : []),
    ...wayFindings(staying, { drift: way.drift, version, runsHooks, verb: 'rollback' }),
    ...(await reinstallFindings(client, seen, plan, context)),
    ...(await deletedDefinitionFindings(client, seen, context)),
    ...(await rehearsalFindings(client, staying, { version, conflicts: options.conflicts }, context)),
    ...(await remadeFindings(client, seen, plan, context)),
    ...(await permissionFindings(client, options, seen, context, removed)),
    ...(await ownerFindings(client, seen, options.whenOwned, context)),
  ]
  return { ...preparationOf(seen, plan, way, names, options), findings }
}

function known({ live }: SeenRelease, { key }: TrackedObject): KnownObject {
  return { key, uid: live.get(key)?.metadata.uid ?? '' }
}

function preparationOf(
  seen: FoundRelease,
  plan: ReinstallPlan,
  way: ReinstallWay,
  names: ObjectNames,
  { namespace, release, hooks }: ReinstallWayOptions,
): Reinstallation {
  const { from, to, tracked } = seen
  const run = hooks === 'run' ? hooksAround(to, 'rollback') : []
  const [first, ...hookRuns] = releaseChanges({ ...seen, tracked: { from: nothing, to: nothing } }, names, run, 'rollback')
  const objects = new Set([...tracked.from.objects.values(), ...tracked.to.objects.values()].map((object) => names.of(object)))
  return {
    prepared: way,
    summary: `Delete ${plan.removed.length} objects of ${namespace}/${release} and install the content of revision ${to.revision} (${chartOf(to)}) anew`,
    changes: [...(first === undefined ? [] : [first]), ...objectChanges(seen, plan, names), ...hookRuns],
    guards: [
      { resource: names.release, property: 'newest record', equals: `${from.revision} ${from.status} ${from.digest}` },
      { resource: names.release, property: 'target', equals: `${to.revision} ${to.digest}` },
      { resource: names.release, property: 'changes by hand', equals: hashOf(way.drift) },
      { resource: names.release, property: 'objects that go and stay', equals: hashOf([way.removed, way.kept]) },
    ],
    leases: [names.release, ...objects],
    risk: ['point-of-no-return'],
    ...(run.length > 0 ? { idempotency: 'none' as const } : {}),
  }
}

const nothing: SeenRelease['tracked']['from'] = { objects: new Map(), unserved: [] }

function objectChanges({ tracked, live }: FoundRelease, { removed }: ReinstallPlan, names: ObjectNames): readonly Change[] {
  const gone = new Set(removed.map(({ key }) => key))
  const replaced = removed.map((object): Change => {
    const then = tracked.to.objects.get(object.key)
    const [resource, before] = [names.of(object), hashOf((tracked.from.objects.get(object.key) ?? object).content)]
    return then === undefined
      ? { resource, action: 'delete', before }
      : { resource, action: 'replace', before, after: hashOf(then.content) }
  })
  const others = [...tracked.to.objects.values()].filter(({ key }) => !gone.has(key))
  return [...replaced, ...others.flatMap((object) => changeOf(object, tracked.from.objects.get(object.key), live.has(object.key), names))]
}

/**
 * Asks the server whether it would take what is made anew, under another name, since the own one is still in use: after the removal it would
 * be too late to learn that a webhook or a policy refuses it. A quota counts what is not removed yet, so its refusal is only shown.
 */
async function remadeFindings(client: HelmClient, seen: FoundRelease, { removed }: ReinstallPlan, call: Call): Promise<readonly Finding[]> {
  const gone = new Set(removed.map(({ key }) => key))
  const made = [...seen.tracked.to.objects.values()].filter(
    ({ key, served }) => served !== undefined && (gone.has(key) || !seen.live.has(key)),
  )
  const answers = await client.rehearse(
    made.map(({ content, ref }) => ({
      manifest: { ...content, metadata: { ...(content['metadata'] as object), name: rehearsalName(ref.name) } },
      namespace: ref.namespace,
    })),
    { isForced: true },
    call,
  )
  return made.flatMap(({ key }, index): readonly Finding[] => {
    const refusal = answers[index]
    if (refusal === undefined) return []
    const isSure = refusal.what === 'refused' && !refusal.message.includes('quota')
    return [
      {
        level: isSure ? 'blocker' : 'warning',
        code: isSure ? 'helm.refused-object' : 'helm.not-rehearsed',
        message: `${isSure ? 'The server would not take' : 'It is not sure that the server takes'} ${nameOf(key)} when it is made anew (${refusal.message})`,
        hint: 'Look at what is named: after the removal it would be too late.',
      },
    ]
  })
}

const longestName = 50

function rehearsalName(name: string): string {
  return `${name.slice(0, longestName).replace(/[^a-z0-9]+$/, '')}-rehearsal`
}
