import type { RollbackStep } from '@backstep/core'
import { kubernetesClient } from '@backstep/kubernetes'
import type { KubernetesCluster } from '@backstep/testbed'
import type { Late, StepBench } from '@backstep/testing'
import { helmClient, releaseObjects, type HelmClient } from '../src/index.ts'
import { contextOf } from './context-of.ts'
import { helmLab, type Lab } from './helm-lab.ts'
import { reach } from './step-on-lab.ts'

export interface BenchOptions {
  readonly cluster: KubernetesCluster
  readonly helm: 3 | 4
  /** The step as a new process makes it. */
  readonly make: (place: ReturnType<typeof reach>, settings: { readonly client: HelmClient }, late: Late) => RollbackStep
  /** What has happened to the release before the step comes. */
  readonly before?: (lab: Lab) => Promise<void>
  /** Lets the step and its Helm reach the cluster through a proxy of their own. Default `false`. */
  readonly isProxied?: boolean
}

/**
 * A release whose newest revision has another image, a variable and an object more, and lacks an object that the first one had: going back
 * creates, changes, and deletes.
 */
export async function releaseBench({ cluster, helm, make, before, isProxied = false }: BenchOptions): Promise<StepBench> {
  const lab = await helmLab({ cluster, helm })
  await lab.install({ replicas: 1, configs: ['good'] })
  await lab.upgrade({ replicas: 1, image: 'shop/api:v2', configs: ['bad'], environment: { MODE: 'new' } })
  await before?.(lab)
  await lab.world()
  const proxy = isProxied ? await cluster.faultProxy() : undefined
  const kubeconfig = proxy?.kubeconfig ?? cluster.kubeconfig
  const place = { ...reach(cluster, lab, helm), kubeconfig, context: contextOf(kubeconfig) }
  const since = cluster.auditMark()
  return {
    make(late) {
      const objects = releaseObjects(kubernetesClient(place))
      return make(place, { client: helmClient({ ...place, driver: 'secret', objects, finishWithinMs: 3000 }) }, late)
    },
    world: () => lab.world(),
    drift: () =>
      lab.edit('apps/v1', 'deployments/r-api', { spec: { template: { spec: { containers: [{ name: 'api', image: 'shop/api:v9' }] } } } }),
    writes: async () =>
      cluster.auditOf(lab.namespace, since).filter(({ isWrite, user, status }) => isWrite && user === cluster.adminName && status < 400)
        .length,
    ...(proxy === undefined ? {} : { proxy }),
  }
}
