import type { Json } from '@backstep/core'
import type { KubernetesClient, ObjectRef } from '@backstep/kubernetes'
import { sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { enterMaintenance } from '../src/enter-maintenance.ts'
import { switchService } from '../src/switch-service.ts'
import { listAt, objectAt } from '../src/workload.ts'
import { remove, stepBench } from './step-bench.ts'
import { walk } from './walk.ts'
import { adminClient, call, contextName, create, patch, until, worldOf } from './workloads.ts'

const cluster = await system('kubernetes')
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
  for (const name of ['blue', 'green', 'maintenance']) {
    await create(
      admin,
      { namespace, kind: 'Deployment', name },
      { template: { image: `shop/${name}:v1` }, replicas: name === 'blue' ? 2 : 1 },
    )
    await worldOf(admin, { namespace, kind: 'Deployment', name })
  }
  await admin.create({ manifest: service('maintenance', { app: 'maintenance' }) }, call)
  await until('the page is ready', async () => (await endpointCount('maintenance')) || undefined)
})

const ref = (kind: 'Service' | 'Ingress', name: string): ObjectRef => ({
  apiVersion: kind === 'Service' ? 'v1' : 'networking.k8s.io/v1',
  kind,
  namespace,
  name,
})
const service = (name: string, selector: Readonly<Record<string, string>>) =>
  ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector, ports: [{ port: 80 }] } }) as const

async function slices(name: string): Promise<readonly Json[]> {
  const found = await admin.list(
    { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', namespace, labelSelector: `kubernetes.io/service-name=${name}` },
    call,
  )
  return found.flatMap((slice) => listAt(slice, ['endpoints'])).filter((endpoint) => objectAt(endpoint, ['conditions'])['ready'] === true)
}
const endpointCount = async (name: string): Promise<number> => (await slices(name)).length

/** The selector, and which pods are behind it, when the two agree. */
async function serviceWorld(name: string): Promise<Json> {
  return until(`${name} has its endpoints`, async () => {
    const live = await admin.get(ref('Service', name), call)
    const { app = '' } = objectAt(live, ['spec', 'selector']) as Readonly<Record<string, string>>
    const behind = (await slices(name)).map((endpoint) => String(objectAt(endpoint, ['targetRef'])['name'] as string).split('-')[0] ?? '')
    const wanted = { blue: 2, green: 1 }[app] ?? 0
    return behind.length === wanted && behind.every((one) => one === app) ? { selector: app, behind } : undefined
  })
}

testRollbackStep({
  name: 'switch-service from green to blue',
  describe,
  it,
  every: sampled(6),
  most: sampledAtMost(4),
  setUp: async () => {
    await admin.create({ manifest: service('shop', { app: 'green' }) }, call)
    return stepBench({
      cluster,
      namespace,
      named: 'shop',
      make: (connection, client) =>
        switchService({ ...connection, namespace, name: 'shop', select: { app: 'blue' } }, { client, timeout: '3m' }),
      world: () => serviceWorld('shop'),
      drift: () => patch(admin, ref('Service', 'shop'), '/spec/selector/app', 'red'),
      tearDown: () => remove(admin, ref('Service', 'shop')),
    })
  },
})

const backend = (name: string) => ({ service: { name, port: { number: 80 } } })
const ingress = () => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'front', namespace },
  spec: {
    tls: [{ hosts: ['shop.example'], secretName: 'certificate' }],
    rules: [
      {
        host: 'shop.example',
        http: { paths: ['/', '/api'].map((path) => ({ path, pathType: 'Prefix', backend: backend(path === '/' ? 'shop' : 'api') })) },
      },
    ],
  },
})

testRollbackStep({
  name: 'enter-maintenance',
  describe,
  it,
  every: sampled(6),
  most: sampledAtMost(4),
  setUp: async () => {
    await admin.create({ manifest: ingress() }, call)
    return stepBench({
      cluster,
      namespace,
      named: 'front',
      make: (connection, client) =>
        enterMaintenance(
          { ...connection, namespace, ingresses: ['front'], service: { name: 'maintenance', port: 80 } },
          { client, timeout: '3m' },
        ),
      world: async () => objectAt(await admin.get(ref('Ingress', 'front'), call), ['spec']),
      drift: () => patch(admin, ref('Ingress', 'front'), '/spec/rules/0/http/paths/0/backend', backend('experiment')),
      tearDown: () => remove(admin, ref('Ingress', 'front')),
    })
  },
})

describe('traffic', () => {
  it('is not switched to pods that are not there', async () => {
    await admin.create({ manifest: service('lonely', { app: 'green' }) }, call)
    const walked = await walk(
      switchService({ context: contextName, namespace, name: 'lonely', select: { app: 'nobody' } }, { client: admin }),
    )
    expect(walked.blockers).toEqual(['k8s.no-ready-pods'])
  })

  it('is not sent to a maintenance page that does not answer', async () => {
    await admin.create({ manifest: { ...ingress(), metadata: { name: 'other-front', namespace } } }, call)
    const walked = await walk(
      enterMaintenance(
        { context: contextName, namespace, ingresses: ['other-front'], service: { name: 'gone', port: 80 } },
        { client: admin },
      ),
    )
    expect(walked.blockers).toEqual(['k8s.no-maintenance-page'])
  })
})
