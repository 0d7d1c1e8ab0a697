import { type Evidence, hashOf, type StepContext, type Verdict } from '@backstep/core'
import type { KubernetesClient, KubernetesObject } from '@backstep/kubernetes'
import { isReady, isTerminating, podsOf, runningDigests, waitingReasons } from './pods.ts'
import { type Revision, revisionsOf } from './revisions.ts'
import { isObserved, listAt, numberAt, templateOf, textAt, workloadRef, type WorkloadName } from './workload.ts'

/** What a workload has to have become. */
export interface RolloutTarget {
  readonly uid: string
  /** `hashOf` its pod template, as the server stores it. Left out: whatever it is now. */
  readonly templateHash?: string | undefined
  /** Pods of an `OnDelete` workload stay until somebody deletes them: then it is enough that the template is stored. Default `false`. */
  readonly isTemplateEnough?: boolean | undefined
}

/** Everything that one look sees. */
interface Look {
  readonly live: KubernetesObject
  readonly revision: Revision | undefined
  readonly pods: readonly KubernetesObject[]
  readonly targetPods: readonly KubernetesObject[]
  readonly wanted: number
  /** Pods that have to be of the target: less than `wanted` below a partition. */
  readonly wantedOfTarget: number
  readonly evidence: readonly Evidence[]
}

/**
 * One look at a rollout: healthy when the controller has seen the object, and exactly as many pods as wanted are ready, all of the template
 * that was asked for, none left over. Counts in the status alone are no proof: they lag, and they do not say what runs.
 *
 * It says `unhealthy` for another template or object, a paused rollout, and a progress deadline that was missed since the last write by this
 * package (an older one stays until something progresses, and says nothing). A crash loop is `progressing`: the time-out ends it.
 */
export async function lookAtRollout(
  client: Pick<KubernetesClient, 'get' | 'list'>,
  workload: WorkloadName,
  target: RolloutTarget,
  context: StepContext,
): Promise<Verdict> {
  const live = await client.get(workloadRef(workload), context)
  const identity = wrongIdentity(live, target)
  if (live === undefined || identity !== undefined)
    return { status: 'unhealthy', evidence: [], expected: 'the target', actual: identity ?? 'it is gone' }
  const [history, pods] = await Promise.all([revisionsOf(client, workload, live, context), podsOf(client, workload, live, context)])
  return verdictOf(seen({ live, history, pods, workload }, context), target)
}

/** One look at several: the first that is not healthy is the answer, with the evidence of all. One that is not there is not healthy. */
export async function lookAtAll(
  client: Pick<KubernetesClient, 'get' | 'list'>,
  workloads: readonly WorkloadName[],
  context: StepContext,
): Promise<Verdict> {
  const verdicts = await Promise.all(
    workloads.map(async (workload) => {
      const live = await client.get(workloadRef(workload), context)
      return lookAtRollout(client, workload, { uid: live?.metadata.uid ?? '' }, context)
    }),
  )
  const evidence = verdicts.flatMap((verdict) => verdict.evidence)
  return { ...(verdicts.find(({ status }) => status !== 'healthy') ?? { status: 'healthy' as const }), evidence }
}

function wrongIdentity(live: KubernetesObject | undefined, { uid, templateHash }: RolloutTarget): string | undefined {
  if (live === undefined) return 'it was deleted'
  if (live.metadata.uid !== uid) return 'it was deleted and made again'
  const hash = hashOf(templateOf(live))
  return templateHash === undefined || hash === templateHash ? undefined : `another template (${hash.slice(0, 8)})`
}

interface Seen {
  readonly live: KubernetesObject
  readonly history: readonly Revision[]
  readonly pods: readonly KubernetesObject[]
  readonly workload: WorkloadName
}

function seen({ live, history, pods, workload }: Seen, context: StepContext): Look {
  const revision = currentRevision(live, history, workload)
  const running = pods.filter((pod) => !isTerminating(pod))
  const targetPods = running.filter(
    (pod) => revision !== undefined && pod.metadata.labels?.[revision.podLabel.key] === revision.podLabel.value,
  )
  const wanted =
    (workload.kind === 'DaemonSet' ? numberAt(live, ['status', 'desiredNumberScheduled']) : numberAt(live, ['spec', 'replicas'])) ?? 1
  const partition = workload.kind === 'StatefulSet' ? (numberAt(live, ['spec', 'updateStrategy', 'rollingUpdate', 'partition']) ?? 0) : 0
  const evidence = [
    context.evidence('revision', revision === undefined ? 'none yet' : `${revision.name} (${revision.number})`, 'history of the workload'),
    context.evidence(
      'pods',
      `${targetPods.filter(isReady).length} of the target ready, ${running.length} in all, ${wanted} wanted`,
      'pods',
    ),
    context.evidence('images', runningDigests(targetPods).join(' ') || 'none', 'container statuses'),
  ]
  return { live, revision, pods: running, targetPods, wanted, wantedOfTarget: Math.max(0, wanted - partition), evidence }
}

/** By what the controller says where it says so, since a stored revision is not defaulted again when it is read. */
export function currentRevision(
  live: KubernetesObject,
  history: readonly Revision[],
  { kind }: Pick<WorkloadName, 'kind'>,
): Revision | undefined {
  if (!isObserved(live)) return undefined
  if (kind === 'StatefulSet') return history.find(({ name }) => name === textAt(live, ['status', 'updateRevision']))
  if (kind === 'DaemonSet') return history[0]
  const hash = hashOf(templateOf(live))
  return history.find(({ template }) => hashOf(template) === hash)
}

function verdictOf({ live, revision, pods, targetPods, wanted, wantedOfTarget, evidence }: Look, target: RolloutTarget): Verdict {
  if (!isObserved(live)) return { status: 'progressing', evidence, actual: 'the controller has not seen it yet' }
  if (target.isTemplateEnough === true) return { status: 'healthy', evidence }
  const ready = targetPods.filter(isReady).length
  const readyInAll = pods.filter(isReady).length
  const isPaused = live['spec'] !== undefined && (live['spec'] as { readonly paused?: boolean }).paused === true
  const actual = [`${ready} of the target ready, ${pods.length} in all`, ...waitingReasons(targetPods)].join(', ')
  const expected = `${wantedOfTarget} ready pods of the target, ${wanted} in all`
  if (revision !== undefined && ready >= wantedOfTarget && readyInAll === wanted && pods.length === wanted)
    return { status: 'healthy', evidence }
  if (isPaused) return { status: 'unhealthy', evidence, expected, actual: `${actual}, paused` }
  if (hasMissedDeadline(live)) return { status: 'unhealthy', evidence, expected, actual: `${actual}, ProgressDeadlineExceeded` }
  return { status: 'progressing', evidence, actual }
}

/** A deadline that was missed before our write stays in the status until something progresses. Both times are the server's. */
export function hasMissedDeadline(live: KubernetesObject): boolean {
  const condition = listAt(live, ['status', 'conditions']).find(
    ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  )
  if (condition === undefined) return false
  const written = listAt(live, ['metadata', 'managedFields'])
    .filter(({ manager, subresource }) => manager === 'backstep' && subresource === undefined)
    .map(({ time }) => Date.parse(time as string))
  return Date.parse(condition['lastUpdateTime'] as string) > Math.max(0, ...written)
}
