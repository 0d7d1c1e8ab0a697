import type { Call, KubernetesClient, KubernetesObject } from '@backstep/kubernetes'
import { isControlledBy, listAt, selectorOf, textAt, type WorkloadName } from './workload.ts'

/** The pods that a workload selects. Those of a Deployment belong to its ReplicaSets, so owners are compared for the other kinds only. */
export async function podsOf(
  client: Pick<KubernetesClient, 'list'>,
  workload: WorkloadName,
  live: KubernetesObject,
  call: Call,
): Promise<readonly KubernetesObject[]> {
  const pods = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace: workload.namespace, labelSelector: selectorOf(live) }, call)
  return workload.kind === 'Deployment'
    ? pods.filter(({ metadata }) => metadata.ownerReferences?.some(({ kind, controller }) => kind === 'ReplicaSet' && controller === true))
    : pods.filter((pod) => isControlledBy(pod, live.metadata.uid))
}

export function isReady(pod: KubernetesObject): boolean {
  return listAt(pod, ['status', 'conditions']).some(({ type, status }) => type === 'Ready' && status === 'True')
}

/** Being deleted, or ended for good: it takes no traffic and is not counted. */
export function isTerminating(pod: KubernetesObject): boolean {
  const phase = textAt(pod, ['status', 'phase'])
  return pod.metadata.deletionTimestamp !== undefined || phase === 'Succeeded' || phase === 'Failed'
}

export interface ContainerState {
  readonly pod: string
  readonly podUid: string
  readonly container: string
  readonly restarts: number
  readonly imageId: string
  readonly waiting: string | undefined
  readonly lastExit: string | undefined
}

/** Init containers included. */
export function containersOf(pod: KubernetesObject): readonly ContainerState[] {
  return [...listAt(pod, ['status', 'initContainerStatuses']), ...listAt(pod, ['status', 'containerStatuses'])].map((status) => ({
    pod: pod.metadata.name,
    podUid: pod.metadata.uid,
    container: textAt(status, ['name']) ?? '',
    restarts: Number(status['restartCount'] ?? 0),
    imageId: textAt(status, ['imageID']) ?? '',
    waiting: textAt(status, ['state', 'waiting', 'reason']),
    lastExit: textAt(status, ['lastState', 'terminated', 'reason']),
  }))
}

/** Why containers do not run: `CrashLoopBackOff`, `ImagePullBackOff`. Reasons only; messages may hold anything. */
export function waitingReasons(pods: readonly KubernetesObject[]): readonly string[] {
  const reasons = pods.flatMap(containersOf).flatMap(({ waiting }) => waiting ?? [])
  const unscheduled = pods.some((pod) =>
    listAt(pod, ['status', 'conditions']).some(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable'),
  )
  return [...new Set([...reasons, ...(unscheduled ? ['Unschedulable'] : [])])]
}

/** What really runs, as the runtime says. */
export function runningDigests(pods: readonly KubernetesObject[]): readonly string[] {
  return [
    ...new Set(pods.flatMap(containersOf).flatMap(({ imageId }) => (imageId === '' ? [] : [imageId.replace(/^docker-pullable:\/\//, '')]))),
  ].toSorted()
}
