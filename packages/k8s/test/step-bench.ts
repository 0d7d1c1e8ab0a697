import type { Json, RollbackStep } from '@backstep/core'
import { type KubernetesClient, kubernetesClient, type ObjectRef } from '@backstep/kubernetes'
import type { KubernetesCluster } from '@backstep/testbed'
import type { StepBench } from '@backstep/testing'
import { call, contextName, until } from './workloads.ts'

export interface BenchOptions {
  readonly cluster: KubernetesCluster
  readonly namespace: string
  /** The step of one process, with the client that goes through the proxy. */
  readonly make: (connection: { readonly context: string; readonly kubeconfig: string }, client: KubernetesClient) => RollbackStep
  readonly world: () => Promise<Json>
  readonly drift: () => Promise<unknown>
  readonly tearDown: () => Promise<void>
  /** Whose writes are counted: the names of objects that the step writes begin like this. */
  readonly named: string
}

/** A world of the real cluster behind a fault proxy of its own. */
export async function stepBench({ cluster, namespace, make, world, drift, tearDown, named }: BenchOptions): Promise<StepBench> {
  const proxy = await cluster.faultProxy()
  const mark = cluster.auditMark()
  const connection = { context: contextName, kubeconfig: proxy.kubeconfig }
  return {
    make: () => make(connection, kubernetesClient({ ...connection, requestTimeoutMs: 1500 })),
    world,
    drift: async () => void (await drift()),
    writes: async () =>
      cluster
        .auditOf(namespace, mark)
        .filter(({ isWrite, userAgent, name }) => isWrite && userAgent === 'backstep' && name.startsWith(named)).length,
    proxy,
    async tearDown() {
      await proxy.close()
      await tearDown()
    },
  }
}

/** Deletes an object and waits until it is gone. */
export async function remove(client: KubernetesClient, ref: ObjectRef): Promise<void> {
  const live = await client.get(ref, call)
  if (live === undefined) return
  await client.remove({ ...ref, uid: live.metadata.uid }, call)
  await until(`${ref.name} is gone`, async () => ((await client.get(ref, call)) === undefined ? true : undefined))
}
