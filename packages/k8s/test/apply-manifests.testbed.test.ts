import type { Json } from '@backstep/core'
import { kubernetesClient, type KubernetesClient, type KubernetesObject, type ObjectRef } from '@backstep/kubernetes'
import { sampled, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { applyManifests, type ApplyManifestsOptions } from '../src/apply-manifests.ts'
import { type Permission, permissions } from '../src/permissions.ts'
import { manifestOf } from '../src/whole-objects.ts'
import { objectAt } from '../src/workload.ts'
import { expectSaid } from './least-roles.ts'
import { remove, stepBench } from './step-bench.ts'
import { walk, type Walk } from './walk.ts'
import { adminClient, call, contextName, freshName, manifestOf as workloadManifest, patch, removeAndWait, worldOf } from './workloads.ts'

const cluster = await system('kubernetes')
const context = contextName
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
})

const configMap = (name: string, data: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
})
const ref = (name: string): ObjectRef => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name })
const files = (...manifests: readonly Json[]) => ({ 'release.yaml': manifests.map((one) => JSON.stringify(one)).join('\n---\n') })

interface Given extends Partial<Omit<ApplyManifestsOptions, 'from'>> {
  readonly client?: KubernetesClient
}
const apply = (set: string, manifests: readonly Json[], { client = admin, ...options }: Given = {}): Promise<Walk> =>
  walk(applyManifests({ context, namespace, set, from: { files: files(...manifests) }, ...options }, { client }))

async function applied(set: string, manifests: readonly Json[], options: Given = {}): Promise<Walk> {
  const walked = await apply(set, manifests, options)
  await walked.execute()
  expect(await walked.settle()).toMatchObject({ status: 'healthy' })
  return walked
}

/** Everything of the set as it would be written down, without marks and without what the server keeps. */
async function setWorld(): Promise<Json> {
  const names = ['set-changed', 'set-made', 'set-pruned', 'backstep-set-set-shop']
  const all = await Promise.all(names.map((name) => admin.get(ref(name), call)))
  return all.map((live) => (live === undefined ? null : contentOf(live)))
}

function contentOf(live: KubernetesObject): Json {
  const { metadata, ...rest } = manifestOf(live)
  const { 'backstep.dev/writes': _, ...annotations } = objectAt(metadata, ['annotations'])
  return { ...rest, labels: objectAt(metadata, ['labels']), annotations }
}

testRollbackStep({
  name: 'apply-manifests that make, change and prune',
  describe,
  it,
  every: sampled(40),
  setUp: async () => {
    await applied('set-shop', [configMap('set-changed', { mode: 'new' }), configMap('set-pruned', { only: 'new' })])
    const target = files(configMap('set-changed', { mode: 'old' }), configMap('set-made', { only: 'old' }))
    return stepBench({
      cluster,
      namespace,
      named: 'set-',
      make: (connection, client) =>
        applyManifests({ ...connection, namespace, set: 'set-shop', from: { files: target } }, { client, timeout: '3m' }),
      world: setWorld,
      drift: () => patch(admin, ref('set-changed'), '/data/mode', 'experiment'),
      tearDown: async () => {
        for (const name of ['set-changed', 'set-made', 'set-pruned', 'backstep-set-set-shop']) await remove(admin, ref(name))
      },
    })
  },
})

describe('apply-manifests', () => {
  const deployment = (name: string, image: string, replicas = 1) => ({
    ...workloadManifest({ namespace, name }, { template: { image }, replicas }),
    metadata: { name },
  })
  const digest = (digit: string) => `shop/checkout@sha256:${digit.repeat(64)}`

  it('brings a workload to its manifest, waits until it is ready, and brings it back', async () => {
    const name = freshName()
    const workload = { namespace, kind: 'Deployment' as const, name }
    await applied(name, [deployment(name, digest('a'))])
    const before = await worldOf(admin, workload)
    const walked = await applied(name, [deployment(name, digest('b'), 2)])
    expect(walked.preparation.changes.flatMap(({ fields = [] }) => fields.map(({ path }) => path))).toEqual([
      'spec.replicas',
      'spec.template.spec.containers[app].image',
    ])
    await walked.compensate()
    expect(await walked.probe()).toBe('before')
    expect(await worldOf(admin, workload)).toEqual(before)
    await removeAndWait(admin, workload)
  })

  it('changes nothing when everything is as the manifests say', async () => {
    const name = freshName()
    await applied(name, [configMap(name, { a: '1' })])
    expect((await apply(name, [configMap(name, { a: '1' })])).preparation).toMatchObject({ changes: [], risk: [] })
  })

  it('takes away a field that it applied before and that the manifest has not any more', async () => {
    const name = freshName()
    await applied(name, [configMap(name, { a: '1', b: '2' })])
    await applied(name, [configMap(name, { a: '1' })])
    expect((await admin.get(ref(name), call))?.['data']).toEqual({ a: '1' })
  })

  it('leaves replicas that an autoscaler sets as they are', async () => {
    const name = freshName()
    await applied(name, [deployment(name, digest('a'), 3)])
    const spec = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, minReplicas: 3, maxReplicas: 5 }
    await admin.create(
      { manifest: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name, namespace }, spec } },
      call,
    )
    const walked = await apply(name, [deployment(name, digest('b'), 1)])
    await patch(admin, { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name }, '/spec/replicas', 4)
    await walked.execute()
    expect(objectAt(await admin.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name }, call), ['spec'])['replicas']).toBe(4)
  })

  it('refuses fields that somebody else applies with another value, and takes them over when the plan says so', async () => {
    const name = freshName()
    await admin.apply({ manifest: { ...configMap(name, { mode: 'new' }), metadata: { name, namespace } }, fieldManager: 'team' }, call)
    const refused = await apply(name, [configMap(name, { mode: 'old' })])
    expect(refused.blockers).toEqual(['k8s.owned-by-manager'])
    expect(refused.preparation.findings?.[0]?.message).toContain('data.mode belong to team')
    const walked = await applied(name, [configMap(name, { mode: 'old' })], { conflicts: 'force' })
    expect(walked.blockers).toEqual([])
    await walked.compensate()
    expect((await admin.get(ref(name), call))?.['data']).toEqual({ mode: 'new' })
  })

  it('never prunes what holds data, nor what is of another set', async () => {
    const name = freshName()
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }
    await applied(name, [configMap(name, {}), claim])
    await applied(`${name}-other`, [configMap(`${name}-other`, {})])
    const walked = await apply(name, [configMap(name, {})])
    expect(walked.findings).toEqual(['k8s.not-pruned'])
    expect(walked.preparation.changes).toEqual([])
  })

  it('makes a pruned Service again with the address that it had', async () => {
    const name = freshName()
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80 }] } }
    await applied(name, [configMap(name, {}), service])
    const address = async () =>
      objectAt(await admin.get({ apiVersion: 'v1', kind: 'Service', namespace, name }, call), ['spec'])['clusterIP']
    const before = await address()
    const walked = await applied(name, [configMap(name, {})])
    expect(await address()).toBeUndefined()
    await walked.compensate()
    expect(await address()).toBe(before)
    expect(await walked.probe()).toBe('before')
  })

  it.each<readonly [string, Json, string]>([
    ['a kind that nobody knows', { apiVersion: 'example.org/v1', kind: 'Unknown', metadata: { name: 'x' } }, 'NOT_SUPPORTED'],
    ['an object of the whole cluster', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } }, 'OPTIONS_INVALID'],
    [
      'an object that the server does not take',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { a: 1 } },
      'REJECTED',
    ],
  ])('refuses %s, before anything is written', async (_, manifest, code) => {
    await expect(apply(freshName(), [manifest])).rejects.toMatchObject({ code, effect: 'none' })
  })

  it('refuses node ports that the server would pick', async () => {
    const name = freshName()
    const spec = { type: 'NodePort', selector: { app: name }, ports: [{ port: 80 }] }
    expect((await apply(name, [{ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec }])).blockers).toEqual(['k8s.node-port-open'])
  })
})

describe('with exactly its Role', () => {
  const needs = permissions.applyManifests([{ group: '', resource: 'configmaps' }])
  const clientWith = async (rules: readonly Permission[]): Promise<KubernetesClient> => {
    const given = rules.map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs }))
    const { kubeconfig } = await cluster.asUser({ namespace, rules: given })
    return kubernetesClient({ context, kubeconfig })
  }

  it('a set is applied, is pruned and is put back', async () => {
    const name = freshName()
    const client = await clientWith(needs)
    await applied(name, [configMap(name, {}), configMap(`${name}-gone`, {})], { client })
    const walked = await applied(name, [configMap(name, { a: 'b' })], { client })
    await walked.compensate()
    expect(await walked.probe()).toBe('before')
    expect(await admin.get(ref(`${name}-gone`), call)).toBeDefined()
  })

  const each = needs.flatMap(({ resource, verbs }, rule) => verbs.map((verb) => ({ resource, verb, rule })))
  it.each(each)('says at preview that it may not $verb $resource', async ({ resource, verb, rule }) => {
    const rest = needs
      .map((need, index) => (index === rule ? { ...need, verbs: need.verbs.filter((one) => one !== verb) } : need))
      .filter(({ verbs }) => verbs.length > 0)
    const name = freshName()
    await expectSaid(apply(name, [configMap(name, {})], { client: await clientWith(rest) }), verb, `${verb} ${resource}`)
  })
})
