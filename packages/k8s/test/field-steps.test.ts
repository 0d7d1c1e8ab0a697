import { type Json, type JsonObject, RollbackError, type RollbackStep } from '@backstep/core'
import type { KubernetesClient } from '@backstep/kubernetes'
import { type StepBench, testRollbackStep } from '@backstep/testing'
import { describe, it } from 'vitest'
import { cordonNode, uncordonNode } from '../src/cordon-node.ts'
import { pauseRollout, resumeRollout } from '../src/pause-rollout.ts'
import { restartRollout } from '../src/restart-rollout.ts'
import { setImages } from '../src/set-images.ts'
import { objectAt } from '../src/workload.ts'
import { fakeCluster } from './fake-cluster.ts'

const call = { abortSignal: new AbortController().signal }
const digest = (digit: string) => `shop/checkout@sha256:${digit.repeat(64)}`
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' }
const node = { apiVersion: 'v1', kind: 'Node', name: 'node-0' }
const checkout = { context: 'test', namespace: 'shop', name: 'checkout' }

interface Case {
  readonly make: (client: KubernetesClient) => RollbackStep
  /** What somebody else writes into the field, and where. */
  readonly drift: readonly [object: typeof deployment | typeof node, path: string, value: Json]
  readonly spec?: JsonObject
  readonly nodeSpec?: JsonObject
}

const cases: Readonly<Record<string, Case>> = {
  'set-images': {
    make: (client) => setImages({ ...checkout, images: { app: digest('b') } }, { client }),
    drift: [deployment, '/spec/template/spec/containers/0/image', digest('c')],
  },
  'restart-rollout': {
    make: (client) => restartRollout(checkout, { client }),
    drift: [deployment, '/spec/template/metadata/annotations/backstep.dev~1restarts', '7'],
  },
  'pause-rollout': { make: (client) => pauseRollout(checkout, { client }), drift: [deployment, '/spec/paused', 'by hand'] },
  'resume-rollout': {
    make: (client) => resumeRollout(checkout, { client }),
    drift: [deployment, '/spec/paused', 'by hand'],
    spec: { paused: true },
  },
  'cordon-node': {
    make: (client) => cordonNode({ context: 'test', node: 'node-0' }, { client }),
    drift: [node, '/spec/unschedulable', 'by hand'],
  },
  'uncordon-node': {
    make: (client) => uncordonNode({ context: 'test', node: 'node-0' }, { client }),
    drift: [node, '/spec/unschedulable', 'by hand'],
    nodeSpec: { unschedulable: true },
  },
}

for (const [name, { make, drift, spec = {}, nodeSpec = {} }] of Object.entries(cases)) {
  testRollbackStep({
    name,
    describe,
    it,
    setUp: async (): Promise<StepBench> => {
      const cluster = fakeCluster()
      const template = {
        metadata: { labels: { app: 'checkout' }, annotations: {} },
        spec: { containers: [{ name: 'app', image: digest('a') }] },
      }
      cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
      cluster.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-0' }, spec: nodeSpec })
      cluster.put({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'checkout', namespace: 'shop' },
        spec: { replicas: 1, selector: { matchLabels: { app: 'checkout' } }, template, ...spec },
      })
      const admin = cluster.connect()
      return {
        make: () => make(cluster.connect()),
        world: async () => ({ deployment: objectAt(cluster.object(deployment), ['spec']), node: objectAt(cluster.object(node), ['spec']) }),
        drift: async () => void (await admin.patch({ ...drift[0], operations: [{ op: 'add', path: drift[1], value: drift[2] }] }, call)),
        writes: async () => cluster.writes(),
        unreachable: async () => {
          cluster.failWith(new RollbackError('BACKEND_UNAVAILABLE', 'no answer', { hint: 'Look at the API server.' }))
          return async () => cluster.failWith(undefined)
        },
      }
    },
  })
}
