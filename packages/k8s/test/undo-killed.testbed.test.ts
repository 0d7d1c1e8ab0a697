import type { KubernetesClient } from '@backstep/kubernetes'
import { sampled, system } from '@backstep/testbed'
import { testInChildProcess } from '@backstep/testing'
import { beforeAll, describe, it } from 'vitest'
import type { WorkloadName } from '../src/workload.ts'
import { adminClient, contextName, create, release, removeAndWait, revisionWith, worldOf } from './workloads.ts'

const cluster = await system('kubernetes')
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
})

testInChildProcess({
  name: 'undo-rollout of a StatefulSet with a stuck pod',
  describe,
  it,
  module: new URL('./undo-rollout.child.ts', import.meta.url),
  every: sampled(4),
  randomRuns: 5,
  setUp: async () => {
    const workload: WorkloadName = { namespace, kind: 'StatefulSet', name: 'checkout' }
    await create(admin, workload, { template: { image: 'shop/checkout:v1' }, replicas: 1 })
    await worldOf(admin, workload)
    await release(admin, workload, { image: 'shop/checkout:broken' })
    await worldOf(admin, workload)
    const to = (await revisionWith(admin, workload, 'shop/checkout:v1')).name
    return {
      input: { context: contextName, kubeconfig: cluster.kubeconfig, namespace, name: workload.name, to },
      world: () => worldOf(admin, workload),
      tearDown: () => removeAndWait(admin, workload),
    }
  },
})
