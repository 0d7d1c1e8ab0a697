import type { Json } from '@backstep/core'
import type { KubernetesClient } from '@backstep/kubernetes'
import { sampled, system } from '@backstep/testbed'
import { testInChildProcess } from '@backstep/testing'
import { beforeAll, describe, it } from 'vitest'
import { objectAt, type WorkloadName } from '../src/workload.ts'
import { remove } from './step-bench.ts'
import { adminClient, call, contextName, create, removeAndWait, worldOf } from './workloads.ts'

const cluster = await system('kubernetes')
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
})

const digest = (digit: string): string => `shop/checkout@sha256:${digit.repeat(64)}`
const checkout = (): WorkloadName => ({ namespace, kind: 'Deployment', name: 'checkout' })
const worker = (): WorkloadName => ({ namespace, kind: 'StatefulSet', name: 'worker' })
const service = () => ({ apiVersion: 'v1', kind: 'Service', namespace, name: 'shop' }) as const

async function selected(): Promise<Json> {
  return objectAt((await admin.get(service(), call)) ?? {}, ['spec', 'selector'])['app'] ?? null
}

interface World {
  readonly world: () => Promise<Json>
  readonly tearDown: () => Promise<void>
}

async function deployed(): Promise<World> {
  await create(admin, checkout(), { template: { image: digest('a') }, replicas: 1 })
  await worldOf(admin, checkout())
  return { world: () => worldOf(admin, checkout()), tearDown: () => removeAndWait(admin, checkout()) }
}

const worlds = {
  'switch-service': async (): Promise<World> => {
    const pods = await deployed()
    const spec = { selector: { app: 'nobody' }, ports: [{ port: 80 }] }
    await admin.create({ manifest: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop', namespace }, spec } }, call)
    return { world: selected, tearDown: async () => void (await Promise.all([remove(admin, service()), pods.tearDown()])) }
  },
  'set-images': deployed,
  'scale-to-zero': async (): Promise<World> => {
    const pods = await deployed()
    await create(admin, worker(), { template: { image: 'shop/worker:v1' }, replicas: 1 })
    await worldOf(admin, worker())
    return {
      world: async () => ({ checkout: await pods.world(), worker: await worldOf(admin, worker()) }),
      tearDown: async () => void (await Promise.all([removeAndWait(admin, worker()), pods.tearDown()])),
    }
  },
}

/** `npm test` takes the first; `pnpm soak testbed-whole` all of them. */
const steps = (['switch-service', 'set-images', 'scale-to-zero'] as const).slice(0, sampled(2) === 1 ? 3 : 1)

for (const step of steps) {
  testInChildProcess({
    name: step,
    describe,
    it,
    module: new URL('./step.child.ts', import.meta.url),
    every: sampled(50),
    randomRuns: sampled(2) === 1 ? 8 : 1,
    setUp: async () => {
      const world = await worlds[step]()
      return { input: { step, context: contextName, kubeconfig: cluster.kubeconfig, namespace, image: digest('b') }, ...world }
    },
  })
}
