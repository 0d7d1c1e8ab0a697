import type { KubernetesClient } from '@backstep/kubernetes'
import { sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { scaleToZero } from '../src/scale-to-zero.ts'
import { type WorkloadName, workloadRef } from '../src/workload.ts'
import { stepBench } from './step-bench.ts'
import { walk } from './walk.ts'
import { adminClient, call, contextName, create, freshName, patch, removeAndWait, worldOf } from './workloads.ts'

const cluster = await system('kubernetes')
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
})

const web = (): WorkloadName => ({ namespace, kind: 'Deployment', name: 'shop-web' })
const worker = (): WorkloadName => ({ namespace, kind: 'StatefulSet', name: 'shop-worker' })
const workloads = [{ name: 'shop-web' }, { kind: 'StatefulSet', name: 'shop-worker' }] as const

testRollbackStep({
  name: 'scale-to-zero of two workloads',
  describe,
  it,
  every: sampled(6),
  most: sampledAtMost(4),
  setUp: async () => {
    await Promise.all([
      create(admin, web(), { template: { image: 'shop/web:v1' }, replicas: 2 }),
      create(admin, worker(), { template: { image: 'shop/worker:v1' }, replicas: 1 }),
    ])
    return stepBench({
      cluster,
      namespace,
      named: 'shop-',
      make: (connection, client) => scaleToZero({ ...connection, namespace, workloads }, { client, timeout: '3m' }),
      world: async () => ({ web: await worldOf(admin, web()), worker: await worldOf(admin, worker()) }),
      drift: () => patch(admin, workloadRef(worker()), '/spec/replicas', 3),
      tearDown: async () => void (await Promise.all([removeAndWait(admin, web()), removeAndWait(admin, worker())])),
    })
  },
})

describe('scale-to-zero', () => {
  it('scales each one back to the number that it had', async () => {
    const [one, other] = [
      { ...web(), name: freshName() },
      { ...web(), name: freshName() },
    ]
    await create(admin, one, { template: { image: 'a:v1' }, replicas: 3 })
    await create(admin, other, { template: { image: 'b:v1' }, replicas: 1 })
    const walked = await walk(
      scaleToZero({ context: contextName, namespace, workloads: [{ name: one.name }, { name: other.name }] }, { client: admin }),
    )
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
    await walked.compensate()
    expect([(await worldOf(admin, one))['replicas'], (await worldOf(admin, other))['replicas']]).toEqual([3, 1])
  })

  it('says that an autoscaler rests meanwhile', async () => {
    const made = { ...web(), name: freshName() }
    await create(admin, made, { template: { image: 'a:v1' }, replicas: 2 })
    const manifest = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: made.name, namespace },
      spec: { minReplicas: 2, maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: made.name } },
    }
    await admin.create({ manifest }, call)
    const walked = await walk(scaleToZero({ context: contextName, namespace, workloads: [{ name: made.name }] }, { client: admin }))
    expect(walked.findings).toEqual(['k8s.autoscaler-rests'])
  })
})
