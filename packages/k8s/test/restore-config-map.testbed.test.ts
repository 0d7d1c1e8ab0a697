import type { KubernetesClient, ObjectRef } from '@backstep/kubernetes'
import { sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { restoreConfigMap } from '../src/restore-config-map.ts'
import { objectAt, type WorkloadName } from '../src/workload.ts'
import { remove, stepBench } from './step-bench.ts'
import { walk } from './walk.ts'
import { adminClient, call, contextName, create, freshName, patch, removeAndWait, worldOf } from './workloads.ts'

const cluster = await system('kubernetes')
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
})

const ref = (name = 'shop-config'): ObjectRef => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name })
const configMap = (name = 'shop-config') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: { mode: 'new', extra: 'x' },
})
const web = (): WorkloadName => ({ namespace, kind: 'Deployment', name: 'shop-web' })
const reading = (name: string) => ({ image: 'shop/web:v1', spec: { volumes: [{ name: 'c', configMap: { name } }] } })

testRollbackStep({
  name: 'restore-config-map with a workload that reads it',
  describe,
  it,
  every: sampled(16),
  most: sampledAtMost(4),
  setUp: async () => {
    await admin.create({ manifest: configMap() }, call)
    await create(admin, web(), { template: reading('shop-config'), replicas: 1 })
    return stepBench({
      cluster,
      namespace,
      named: 'shop-',
      make: (connection, client) =>
        restoreConfigMap({ ...connection, namespace, name: 'shop-config', data: { mode: 'old' } }, { client, timeout: '3m' }),
      world: async () => ({ data: objectAt(await admin.get(ref(), call), ['data']), web: await worldOf(admin, web()) }),
      drift: () => patch(admin, ref(), '/data/mode', 'experiment'),
      tearDown: async () => void (await Promise.all([removeAndWait(admin, web()), remove(admin, ref())])),
    })
  },
})

describe('restore-config-map', () => {
  it('names the workloads that read it, or says that they go on with the old content', async () => {
    const name = freshName()
    await admin.create({ manifest: configMap(name) }, call)
    const workload = { ...web(), name: freshName() }
    await create(admin, workload, { template: reading(name) })
    const make = (referrers: 'restart' | 'leave') =>
      walk(restoreConfigMap({ context: contextName, namespace, name, data: { mode: 'old' }, referrers }, { client: admin }))
    expect((await make('restart')).preparation.changes.map(({ resource }) => resource.split('/').slice(1).join('/'))).toEqual([
      `core/ConfigMap/${name}`,
      `apps/Deployment/${workload.name}`,
    ])
    expect((await make('leave')).findings).toEqual(['k8s.not-restarted'])
  })
})
