import type { Finding } from '@backstep/core'
import { type Call, type KubernetesClient, type KubernetesObject, resourceName } from '@backstep/kubernetes'
import { type ConfigRef, configRefsOf } from './config-refs.ts'
import type { PlannedWrite } from './define-writes-step.ts'
import { writeOf } from './field-writes.ts'
import { restartCounter } from './restart-rollout.ts'
import { templateOf, textAt, type WorkloadKind, workloadKinds, workloadRef } from './workload.ts'

/** Every workload of the namespace whose template refers to one of them. */
export async function referrersOf(
  client: Pick<KubernetesClient, 'list'>,
  namespace: string,
  named: readonly Pick<ConfigRef, 'kind' | 'name'>[],
  call: Call,
): Promise<readonly KubernetesObject[]> {
  const all = await Promise.all(workloadKinds.map((kind) => client.list({ apiVersion: 'apps/v1', kind, namespace }, call)))
  return all
    .flat()
    .filter((live) => configRefsOf(templateOf(live)).some((ref) => named.some(({ kind, name }) => ref.kind === kind && ref.name === name)))
}

export function restartOf(scope: string, live: KubernetesObject): PlannedWrite {
  const ref = workloadRef({ namespace: live.metadata.namespace ?? '', kind: live.kind as WorkloadKind, name: live.metadata.name })
  const restarts = Number(textAt(live, restartCounter) ?? 0) + 1
  return { live, write: writeOf(live, resourceName(scope, ref), ref, [{ at: restartCounter, value: String(restarts) }]) }
}

export function leftFindings(
  referrers: readonly KubernetesObject[],
  { referrers: what }: { readonly referrers: 'restart' | 'leave' },
): readonly Finding[] {
  if (what === 'restart' || referrers.length === 0) return []
  return [
    {
      level: 'warning',
      code: 'k8s.not-restarted',
      message: `${referrers.map(({ metadata }) => metadata.name).join(', ')} may go on with the content from before`,
      hint: 'Environments and files that are mounted one by one are read at start only: restart these, or see that they watch the file.',
    },
  ]
}
