import type { KubernetesClient } from '@backstep/kubernetes'
import type { KubernetesCluster } from '@backstep/testbed'
import type { StepBench } from '@backstep/testing'
import { setImages } from '../src/set-images.ts'
import { switchService } from '../src/switch-service.ts'
import { objectAt, type WorkloadName, workloadRef } from '../src/workload.ts'
import { remove, stepBench } from './step-bench.ts'
import { undoBench } from './undo-bench.ts'
import { call, create, freshName, patch, removeAndWait, until, worldOf } from './workloads.ts'

/** One step with the worlds in which it is disturbed. */
export interface FaultCase {
  readonly name: string
  readonly setUp: () => Promise<StepBench>
}

const digest = (digit: string) => `shop/checkout@sha256:${digit.repeat(64)}`

/** Where the worlds are made. */
export interface Ground {
  readonly cluster: KubernetesCluster
  readonly admin: KubernetesClient
  readonly namespace: string
}

/** A rollback of a workload, of images, and of traffic. */
export function faultCases(ground: () => Ground): readonly FaultCase[] {
  return [
    {
      name: 'undo-rollout',
      setUp: () => undoBench({ ...ground(), kind: 'Deployment', badImage: 'shop/checkout:v2' }),
    },
    { name: 'set-images', setUp: () => imagesBench(ground()) },
    { name: 'switch-service', setUp: () => serviceBench(ground()) },
  ]
}

async function imagesBench({ cluster, admin, namespace }: Ground): Promise<StepBench> {
  const workload: WorkloadName = { namespace, kind: 'Deployment', name: 'images' }
  await create(admin, workload, { template: { image: digest('a') }, replicas: 1 })
  await worldOf(admin, workload)
  return stepBench({
    cluster,
    namespace,
    named: workload.name,
    make: (connection, client) => setImages({ ...connection, ...workload, images: { app: digest('b') } }, { client, timeout: '3m' }),
    world: () => worldOf(admin, workload),
    drift: () => patch(admin, workloadRef(workload), '/spec/template/spec/containers/0/image', digest('c')),
    tearDown: () => removeAndWait(admin, workload),
  })
}

async function serviceBench({ cluster, admin, namespace }: Ground): Promise<StepBench> {
  const blue: WorkloadName = { namespace, kind: 'Deployment', name: freshName() }
  await create(admin, blue, { template: { image: 'shop/web:v1' }, replicas: 1 })
  await worldOf(admin, blue)
  const ref = { apiVersion: 'v1', kind: 'Service', namespace, name: 'shop' }
  const spec = { selector: { app: 'green' }, ports: [{ port: 80 }] }
  await admin.create({ manifest: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop', namespace }, spec } }, call)
  const selected = async () => objectAt((await admin.get(ref, call)) ?? {}, ['spec', 'selector'])['app']
  return stepBench({
    cluster,
    namespace,
    named: 'shop',
    make: (connection, client) =>
      switchService({ ...connection, namespace, name: 'shop', select: { app: blue.name } }, { client, timeout: '3m' }),
    world: async () => ({ isBlue: (await until('the selector can be read', selected)) === blue.name }),
    drift: () => patch(admin, ref, '/spec/selector/app', 'red'),
    tearDown: async () => {
      await remove(admin, ref)
      await removeAndWait(admin, blue)
    },
  })
}
