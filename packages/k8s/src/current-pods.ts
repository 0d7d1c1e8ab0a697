import type { Call, KubernetesClient, KubernetesObject } from '@backstep/kubernetes'
import { isTerminating, podsOf } from './pods.ts'
import { revisionsOf } from './revisions.ts'
import { currentRevision } from './rollout-look.ts'
import { readWorkload, type WorkloadName } from './workload.ts'

/** The pods of the template that a workload asks for now. None as long as its controller has not seen it. */
export async function currentPods(
  client: Pick<KubernetesClient, 'get' | 'list'>,
  workload: WorkloadName,
  call: Call,
): Promise<readonly KubernetesObject[]> {
  const live = await readWorkload(client, workload, call)
  const [history, pods] = await Promise.all([revisionsOf(client, workload, live, call), podsOf(client, workload, live, call)])
  const label = currentRevision(live, history, workload)?.podLabel
  return pods.filter((pod) => label !== undefined && !isTerminating(pod) && pod.metadata.labels?.[label.key] === label.value)
}
