import { RollbackError } from '@backstep/core'
import { type StepBench, testRollbackStep } from '@backstep/testing'
import { describe, it } from 'vitest'
import { undoRollout } from '../src/undo-rollout.ts'
import { fakeCluster } from './fake-cluster.ts'

const workload = { namespace: 'shop', kind: 'Deployment' as const, name: 'checkout' }
const ref = { ...workload, apiVersion: 'apps/v1' }

const deployment = (image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'checkout', namespace: 'shop', uid: 'deployment-uid' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'checkout' } },
    template: { metadata: { labels: { app: 'checkout' } }, spec: { containers: [{ name: 'app', image }] } },
  },
})

testRollbackStep({
  name: 'undo-rollout',
  describe,
  it,
  setUp: async (): Promise<StepBench> => {
    const cluster = fakeCluster()
    cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    cluster.put(deployment('shop/checkout:v1'))
    const admin = cluster.connect()
    const call = { abortSignal: new AbortController().signal }
    const [first] = await admin.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: 'shop' }, call)
    cluster.put(deployment('shop/checkout:v2'))
    const change = (image: string): void => {
      const live = cluster.object(ref)
      cluster.put({ ...deployment(image), metadata: { ...deployment(image).metadata, annotations: live?.metadata.annotations ?? {} } })
    }
    return {
      make: (late) => undoRollout({ context: 'test', ...workload, to: late(first?.metadata.name ?? '') }, { client: cluster.connect() }),
      world: async () => ({ template: cluster.object(ref)?.['spec'] ?? null }),
      drift: async () => change('shop/checkout:experiment'),
      writes: async () => cluster.writes(),
      unreachable: async () => {
        cluster.failWith(new RollbackError('BACKEND_UNAVAILABLE', 'no answer', { hint: 'Look at the API server.' }))
        return async () => cluster.failWith(undefined)
      },
    }
  },
})
