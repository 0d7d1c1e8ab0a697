import { type KubernetesClient, kubernetesClient } from '@backstep/kubernetes'
import type { KubernetesCluster } from '@backstep/testbed'
import type { StepBench } from '@backstep/testing'
import { undoRollout, type UndoRolloutOptions } from '../src/undo-rollout.ts'
import { type WorkloadKind, type WorkloadName, workloadRef } from '../src/workload.ts'
import { contextName, create, patch, release, removeAndWait, revisionWith, type WorkloadManifest, worldOf } from './workloads.ts'

export interface UndoBenchOptions {
  readonly cluster: KubernetesCluster
  readonly admin: KubernetesClient
  readonly namespace: string
  readonly kind: WorkloadKind
  readonly manifest?: Omit<WorkloadManifest, 'kind' | 'template'>
  /** The image of the release that is gone away from. */
  readonly badImage: string
  readonly choices?: Partial<UndoRolloutOptions>
}

/** A value that must appear nowhere: it stands in the environment of the pods. */
const canary = 'canary-7c1d0f'

/** A workload with a good and a bad release, the step that goes back to the good one, and a fault proxy between the step and the API server. */
export async function undoBench({
  cluster,
  admin,
  namespace,
  kind,
  manifest = {},
  badImage,
  choices = {},
}: UndoBenchOptions): Promise<StepBench> {
  const workload: WorkloadName = { namespace, kind, name: 'checkout' }
  const good = { image: 'shop/checkout:v1', env: { PASSWORD: canary } }
  await create(admin, workload, { template: good, replicas: 1, ...manifest })
  if (badImage.endsWith(':broken')) await worldOf(admin, workload)
  await release(admin, workload, { image: badImage, env: { PASSWORD: `${canary}-2` } })
  if (badImage.endsWith(':broken')) await worldOf(admin, workload)
  const to = (await revisionWith(admin, workload, good.image)).name
  const proxy = await cluster.faultProxy()
  const mark = cluster.auditMark()
  const connection = { context: contextName, kubeconfig: proxy.kubeconfig }
  return {
    make: (late) =>
      undoRollout(
        { ...connection, ...workload, ...choices, to: late(to) },
        { client: kubernetesClient({ ...connection, requestTimeoutMs: 1500 }), timeout: '3m' },
      ),
    world: () => worldOf(admin, workload),
    drift: async () =>
      void (await patch(admin, workloadRef(workload), '/spec/template/spec/containers/0/image', 'shop/checkout:experiment')),
    writes: async () =>
      cluster
        .auditOf(namespace, mark)
        .filter(({ isWrite, userAgent, name }) => isWrite && userAgent === 'backstep' && name.startsWith(workload.name)).length,
    proxy,
    tearDown: async () => {
      await proxy.close()
      await removeAndWait(admin, workload)
    },
  }
}
