import type { JsonObject } from '@backstep/core'
import { kubernetesClient, type KubernetesClient } from '@backstep/kubernetes'
import { system } from '@backstep/testbed'
import { beforeAll, describe, expect, it } from 'vitest'
import { endpointsReady } from '../src/endpoints-ready.ts'
import { ingressServes } from '../src/ingress-serves.ts'
import { nodesReady } from '../src/nodes-ready.ts'
import { type Permission, permissions } from '../src/permissions.ts'
import { sample } from './walk.ts'
import { adminClient, call, contextName, create, patch, until, worldOf } from './workloads.ts'

const cluster = await system('kubernetes')
let admin: KubernetesClient
let namespace = ''
const context = contextName
const front = () => ({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', namespace, name: 'front' })
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
  for (const name of ['blue', 'green']) {
    const workload = { namespace, kind: 'Deployment' as const, name }
    await create(admin, workload, { template: { image: `shop/${name}:v1` }, replicas: 2 })
    await worldOf(admin, workload)
    await service(name, { app: name })
  }
  await service('empty', { app: 'nobody' })
})

async function service(name: string, selector: Readonly<Record<string, string>>): Promise<void> {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector, ports: [{ port: 80, name: 'http' }] },
  }
  await admin.create({ manifest }, call)
}
const backend = (name: string, port: JsonObject = { number: 80 }) => ({ service: { name, port } })

describe('endpoints-ready', () => {
  const look = (name: string, options = {}) => sample(endpointsReady({ context, namespace, service: name, ...options }, { client: admin }))

  it('counts the addresses that take requests', async () => {
    await until('blue has two', async () => ((await look('blue', { atLeast: 2 })).status === 'healthy' ? true : undefined))
    expect(await look('blue', { atLeast: 3 })).toMatchObject({ status: 'unhealthy', actual: '2 ready' })
    expect(await look('empty')).toMatchObject({ status: 'unhealthy', actual: '0 ready' })
  })

  it('sees pods of the wrong colour behind a Service', async () => {
    await until('green has two', async () => ((await look('green', { atLeast: 2 })).status === 'healthy' ? true : undefined))
    expect(await look('green', { labels: { app: 'green' } })).toMatchObject({ status: 'healthy' })
    expect(await look('green', { labels: { app: 'blue' } })).toMatchObject({
      status: 'unhealthy',
      actual: expect.stringContaining('green-'),
    })
  })

  it('knows nothing of a Service that is not there', async () => {
    await expect(look('gone')).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND', message: expect.stringContaining('Service/gone') })
  })
})

describe('ingress-serves', () => {
  const look = (options = {}) =>
    sample(ingressServes({ context, namespace, name: 'front', needsAddress: false, ...options }, { client: admin }))

  it('follows every path to ready pods', async () => {
    const paths = [
      { path: '/', pathType: 'Prefix', backend: backend('blue') },
      { path: '/new', pathType: 'Prefix', backend: backend('green', { name: 'http' }) },
    ]
    const manifest = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'front', namespace },
      spec: { rules: [{ host: 'shop.example', http: { paths } }] },
    }
    await admin.create({ manifest }, call)
    expect(await look()).toMatchObject({ status: 'healthy' })
    expect(await look({ service: 'blue' })).toMatchObject({ status: 'unhealthy', actual: 'green:http is another Service' })
    expect(await look({ needsAddress: true })).toMatchObject({ status: 'unhealthy', actual: 'no address' })
  })

  it.each([
    ['a Service without ready pods', backend('empty'), 'empty:80 has no ready address'],
    ['a Service that is gone', backend('gone'), 'the Service gone does not exist'],
    ['a port that is not there', backend('blue', { number: 81 }), 'the Service blue has no port 81'],
  ])('names %s', async (_, value, actual) => {
    await patch(admin, front(), '/spec/rules/0/http/paths/1/backend', value)
    expect(await look()).toMatchObject({ status: 'unhealthy', actual })
  })
})

describe('nodes-ready', () => {
  it('sees pressure, and a cordon only when asked to', async () => {
    const name = await cluster.node()
    const ref = { apiVersion: 'v1', kind: 'Node', name }
    const node = await admin.get(ref, call)
    const labels = { 'kubernetes.io/hostname': node?.metadata.labels?.['kubernetes.io/hostname'] ?? name }
    if (node?.metadata.labels?.['kubernetes.io/hostname'] === undefined)
      await patch(admin, ref, '/metadata/labels/kubernetes.io~1hostname', name)
    const look = (options = {}) => sample(nodesReady({ context, labels, ...options }, { client: admin }))
    await until('it is ready', async () => ((await look()).status === 'healthy' ? true : undefined))
    await patch(admin, ref, '/spec/unschedulable', true)
    expect(await look()).toMatchObject({ status: 'healthy' })
    expect(await look({ mustBeSchedulable: true })).toMatchObject({ status: 'unhealthy', actual: `${name} (cordoned)` })
    expect(await look({ labels: { nobody: 'has' } })).toMatchObject({ status: 'unknown' })
  })

  it('names the condition that is wrong, and takes silence for one', async () => {
    const bad = { type: 'DiskPressure', status: 'True' }
    const silent = { type: 'Ready', status: 'Unknown' }
    const nodes = [
      { metadata: { name: 'one' }, status: { conditions: [{ type: 'Ready', status: 'True' }, bad] } },
      { metadata: { name: 'two' }, status: { conditions: [silent] } },
    ]
    const client = { ...admin, list: async () => nodes } as unknown as KubernetesClient
    expect(await sample(nodesReady({ context }, { client }))).toMatchObject({
      status: 'unhealthy',
      actual: 'one (DiskPressure), two (not ready)',
    })
    expect(await sample(nodesReady({ context, atMostUnfit: 2 }, { client }))).toMatchObject({ status: 'healthy' })
  })
})

const rulesOf = (needs: readonly Permission[]) =>
  needs.map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs }))

describe('with exactly its Role', () => {
  it.each([
    ['endpoints-ready', permissions.endpointsReady(), false],
    ['ingress-serves', permissions.ingressServes(), false],
    ['nodes-ready', permissions.nodesReady(), true],
  ] as const)('%s looks, and names what is missing without it', async (name, needs, isOfCluster) => {
    const checkOf = (client: KubernetesClient) => {
      if (name === 'nodes-ready') return nodesReady({ context }, { client })
      return name === 'ingress-serves'
        ? ingressServes({ context, namespace, name: 'front' }, { client })
        : endpointsReady({ context, namespace, service: 'blue', labels: { app: 'blue' } }, { client })
    }
    const rules = rulesOf(needs)
    const allowed = await cluster.asUser(isOfCluster ? { namespace, rules: [], clusterRules: rules } : { namespace, rules })
    await expect(sample(checkOf(kubernetesClient({ context, kubeconfig: allowed.kubeconfig })))).resolves.toBeDefined()
    const { kubeconfig } = await cluster.asUser({ namespace, rules: [] })
    const [first] = needs
    await expect(sample(checkOf(kubernetesClient({ context, kubeconfig })))).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining(`${first?.verbs[0] ?? ''} ${first?.resource ?? ''}`),
    })
  })
})
