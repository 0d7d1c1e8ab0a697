import { RollbackError, type StepContext } from '@backstep/core'
import { type Call, type KubernetesClient, type KubernetesObject, type ObjectRef, resourceName } from '@backstep/kubernetes'
import { isReady, podsOf } from './pods.ts'
import type { Revision } from './revisions.ts'
import { isObserved, readWorkload, textAt, type WorkloadName } from './workload.ts'

/** A pod that its controller waits for and never replaces. */
export type StuckPod = { readonly name: string; readonly uid: string }

const pauseMs = 100
const mostLooks = 600

/**
 * The pods of a StatefulSet that keep it from rolling back: with the policy OrderedReady its controller waits for a broken pod before it
 * replaces it, for ever. They have to be deleted once the good template is there. Other kinds, the policy Parallel and OnDelete have none.
 */
export async function stuckPodsOf(
  client: Pick<KubernetesClient, 'list'>,
  workload: WorkloadName,
  live: KubernetesObject,
  target: Revision,
  call: Call,
): Promise<readonly StuckPod[]> {
  if (!waitsForBrokenPods(live, workload.kind)) return []
  const pods = await podsOf(client, workload, live, call)
  return pods
    .filter(
      (pod) =>
        !isReady(pod) &&
        pod.metadata.deletionTimestamp === undefined &&
        pod.metadata.labels?.[target.podLabel.key] !== target.podLabel.value,
    )
    .map(({ metadata: { name, uid } }) => ({ name, uid }))
    .toSorted((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true }))
}

/** A StatefulSet with the policy OrderedReady, and one that replaces pods by itself at all. */
export function waitsForBrokenPods(live: KubernetesObject, kind: WorkloadName['kind']): boolean {
  const isOrdered = (textAt(live, ['spec', 'podManagementPolicy']) ?? 'OrderedReady') === 'OrderedReady'
  return kind === 'StatefulSet' && isOrdered && textAt(live, ['spec', 'updateStrategy', 'type']) !== 'OnDelete'
}

export function podRef(namespace: string, { name }: StuckPod): ObjectRef {
  return { apiVersion: 'v1', kind: 'Pod', namespace, name }
}

export function podResource(scope: string, pod: StuckPod): string {
  return resourceName(scope, { apiVersion: 'v1', kind: 'Pod', name: pod.name })
}

/** Those that still live, by uid. */
export async function stillThere(
  client: Pick<KubernetesClient, 'list'>,
  namespace: string,
  stuck: readonly StuckPod[],
  call: Call,
): Promise<readonly StuckPod[]> {
  const now = await Promise.all(
    stuck.map(({ name }) => client.list({ apiVersion: 'v1', kind: 'Pod', namespace, fieldSelector: `metadata.name=${name}` }, call)),
  )
  return stuck.filter(({ uid }, index) =>
    now[index]?.some(({ metadata }) => metadata.uid === uid && metadata.deletionTimestamp === undefined),
  )
}

/**
 * Deletes them, only these and not what has come in their place. A pod that is deleted before its controller has seen the new template comes
 * back from the old one, so that is waited for.
 *
 * @throws RollbackError `TIMED_OUT` when the controller does not see the template within a minute.
 */
export async function removeStuckPods(
  client: Pick<KubernetesClient, 'get' | 'list' | 'remove'>,
  workload: WorkloadName,
  stuck: readonly StuckPod[],
  context: StepContext,
): Promise<void> {
  const left = await stillThere(client, workload.namespace, stuck, context)
  if (left.length === 0) return
  for (let looks = 1; !isObserved(await readWorkload(client, workload, context)); looks++) {
    if (looks === mostLooks) throw unseen(workload)
    await context.clock.sleep(pauseMs, context.abortSignal)
  }
  for (const pod of left) await client.remove({ ...podRef(workload.namespace, pod), uid: pod.uid }, context)
}

function unseen({ kind, name }: WorkloadName): RollbackError {
  return new RollbackError('TIMED_OUT', `The controller does not see the new template of ${kind} ${name}`, {
    hint: 'Look at kube-controller-manager, then resume.',
    effect: 'unknown',
  })
}
