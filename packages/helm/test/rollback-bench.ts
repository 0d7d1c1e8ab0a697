import type { KubernetesCluster } from '@backstep/testbed'
import type { StepBench } from '@backstep/testing'
import { kubernetesClient } from '@backstep/kubernetes'
import { helmClient, releaseObjects, rollbackRelease } from '../src/index.ts'
import { contextOf } from './context-of.ts'
import { helmLab } from './helm-lab.ts'

export interface BenchOptions {
  readonly cluster: KubernetesCluster
  readonly helm: 3 | 4
  /** Lets the step reach the cluster through a proxy of its own. Default `false`. */
  readonly isProxied?: boolean
}

/**
 * A release whose newest revision has another image, a variable and an object more, and lacks an object that the first one had: going back
 * creates, changes, and deletes.
 */
export async function rollbackBench({ cluster, helm, isProxied = false }: BenchOptions): Promise<StepBench> {
  const lab = await helmLab({ cluster, helm })
  await lab.install({ replicas: 1, configs: ['good'] })
  await lab.upgrade({ replicas: 1, image: 'shop/api:v2', configs: ['bad'], environment: { MODE: 'new' } })
  await lab.world()
  const proxy = isProxied ? await cluster.faultProxy() : undefined
  const kubeconfig = proxy?.kubeconfig ?? cluster.kubeconfig
  const context = contextOf(kubeconfig)
  const since = cluster.auditMark()
  const binary = helm === 3 ? cluster.paths.helm3 : cluster.paths.helm4
  return {
    make: (late) =>
      rollbackRelease(
        { context, kubeconfig, namespace: lab.namespace, release: 'r', toRevision: late(1), helm: binary },
        {
          client: helmClient({
            context,
            kubeconfig,
            driver: 'secret',
            helm: binary,
            objects: releaseObjects(kubernetesClient({ context, kubeconfig })),
          }),
        },
      ),
    world: () => lab.world(),
    drift: () =>
      lab.edit('apps/v1', 'deployments/r-api', { spec: { template: { spec: { containers: [{ name: 'api', image: 'shop/api:v3' }] } } } }),
    writes: async () =>
      cluster.auditOf(lab.namespace, since).filter(({ isWrite, user, status }) => isWrite && user === cluster.adminName && status < 400)
        .length,
    ...(proxy === undefined ? {} : { proxy }),
  }
}
