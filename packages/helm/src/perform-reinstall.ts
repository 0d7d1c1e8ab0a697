import { RollbackError, type ExecuteContext, type StepContext, type Verdict } from '@backstep/core'
import { afterWrite } from '@backstep/kubernetes'
import type { HelmClient } from './client.ts'
import { usableRecord } from './converge.ts'
import { reasonOf } from './errors.ts'
import { cannotAdopt } from './helm-versions.ts'
import { nameOf, type TrackedObject } from './live-release.ts'
import { drifted, seeRelease, type ReleaseReceipt, type SeenRelease } from './release-position.ts'
import { healthOf } from './release-verdict.ts'
import { appliesByServer } from './rehearsal.ts'
import { planReinstall } from './reinstall-plan.ts'
import { reinstallPosition, type KnownObject, type ReinstallWay } from './reinstall-position.ts'
import { removeRecord } from './remove-record.ts'
import type { WayOptions } from './prepare-way.ts'

/** One release that is installed anew. */
export interface Reinstall {
  readonly client: HelmClient
  readonly options: WayOptions & { readonly keepKinds: readonly string[] }
  readonly way: ReinstallWay
}

const pauseMs = 250

/** Reads the release between the two ends. */
export function seeReinstall({ client, options, way }: Reinstall, context: StepContext): Promise<SeenRelease> {
  return seeRelease(client, options, { from: way.before.digest, to: way.after.digest }, context)
}

/**
 * Removes what was approved, object by object with its uid, waits until all of it is gone, and lets Helm make the target's content from what
 * is left. An attempt that was cut off is finished: what it had made is removed too, since nobody can tell whether Helm was done with it.
 *
 * @throws RollbackError `DRIFTED` without effect when somebody else was there; `OUTCOME_UNKNOWN` when Helm ended half way.
 */
export async function performReinstall(work: Reinstall, context: ExecuteContext): Promise<ReleaseReceipt> {
  const { client, options, way } = work
  await client.settled(options, context)
  const seen = await seeReinstall(work, context)
  const position = reinstallPosition(seen, way)
  if (position.at === 'after') return { digest: way.after.digest }
  if (position.at === 'elsewhere' || position.at === 'unknown') throw drifted(position, options)
  const state = { hasWritten: position.at === 'between' }
  try {
    await removeObjects(work, seen, state, context)
    if (seen.last.revision > way.before.revision && !(await needsRecord(work, seen, context))) {
      state.hasWritten = true
      await removeRecord(client, seen.last, options, context)
    }
    await install(work, state, context)
    return { digest: way.after.digest }
  } catch (cause) {
    throw state.hasWritten ? afterWrite(cause) : cause
  }
}

/** Everything that was approved to go; after an attempt that Helm had begun, also what that attempt has made. */
async function removeObjects(work: Reinstall, seen: SeenRelease, state: { hasWritten: boolean }, context: ExecuteContext): Promise<void> {
  const { client, options, way } = work
  const isBegun = seen.last.revision > way.before.revision
  const old = new Map(way.removed.map(({ key, uid }) => [key, uid]))
  const { removed } = planReinstall(seen, options.release, options.keepKinds)
  const leaving = removed.flatMap((object): readonly (KnownObject & TrackedObject)[] => {
    const uid = seen.live.get(object.key)?.metadata.uid
    return uid !== undefined && (isBegun || old.get(object.key) === uid) ? [{ ...object, uid }] : []
  })
  for (const [index, { ref, uid, key }] of leaving.entries()) {
    context.report({ message: `Removing ${nameOf(key)}`, done: index, total: leaving.length })
    state.hasWritten = true
    await client.remove({ ...ref, uid, propagation: 'Foreground' }, context)
  }
  await untilGone(client, leaving, context)
}

/** With its pods: a new one of the same name could neither be made nor mount the same volume before. */
async function untilGone(client: HelmClient, leaving: readonly (KnownObject & TrackedObject)[], context: ExecuteContext): Promise<void> {
  for (;;) {
    const live = await client.objects(
      leaving.map(({ ref }) => ref),
      context,
    )
    const left = leaving.filter(({ uid }, index) => live[index]?.metadata.uid === uid)
    if (left.length === 0) return
    context.report({ message: `Waiting until ${left.map(({ key }) => nameOf(key)).join(', ')} ${left.length === 1 ? 'is' : 'are'} gone` })
    await context.clock.sleep(pauseMs, context.abortSignal)
  }
}

/** Helm before 4.2 fails on what is to stay and only the half-done record has: there that record is what it has to compare with. */
async function needsRecord({ client, options }: Reinstall, seen: SeenRelease, context: ExecuteContext): Promise<boolean> {
  if (!cannotAdopt(await client.helmVersion(context))) return false
  const { kept } = planReinstall(seen, options.release, options.keepKinds)
  return kept.some(({ key }) => !seen.tracked.from.objects.has(key))
}

async function install(work: Reinstall, state: { hasWritten: boolean }, context: ExecuteContext): Promise<void> {
  const { client, options, way } = work
  const { namespace, release } = options
  const target = usableRecord(await seeReinstall(work, context), way.after.digest)
  const forcesConflicts = options.conflicts === 'force' && appliesByServer(target, await client.helmVersion(context))
  state.hasWritten = true
  const request = { namespace, release, revision: target.revision, runsHooks: options.hooks === 'run', forcesConflicts }
  const exit = await client.rollback(request, context)
  const position = reinstallPosition(await seeReinstall(work, context), way)
  if (position.at === 'after') return
  const detail = 'detail' in position ? position.detail : `it is ${position.at}`
  throw new RollbackError('OUTCOME_UNKNOWN', `${namespace}/${release} is half way: ${detail} (${reasonOf(exit)})`, {
    hint: 'Look at the objects that are named; a retry goes on from here. Volumes and addresses are where they were.',
  })
}

/** Identity of content and of what was to stay, then the health of every object: one look. */
export async function verifyReinstall(work: Reinstall, context: StepContext): Promise<Verdict> {
  const { way } = work
  const seen = await seeReinstall(work, context)
  const position = reinstallPosition(seen, way)
  const detail = 'detail' in position ? position.detail : position.at
  const { revision, status, digest } = seen.last
  const evidence = [
    context.evidence('newest record', `revision ${revision}, ${status}, ${digest.slice(0, 12)}`, 'release records'),
    context.evidence('what was to stay', way.kept.map(({ key }) => nameOf(key)).join(', ') || 'nothing', 'live objects'),
    context.evidence('live objects and records against the target', position.at === 'after' ? 'exact' : detail, 'live objects'),
  ]
  const expected = `the content of revision ${way.after.revision}, ${way.after.digest.slice(0, 12)}, made anew`
  if (position.at !== 'after') return { status: 'unhealthy', evidence, expected, actual: detail }
  return healthOf(seen.tracked.to.objects, seen.live, context, evidence)
}
