import type { JsonObject } from '@backstep/core'
import { kubernetesClient, type KubernetesClient } from '@backstep/kubernetes'
import { sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { ensureDeployed } from '../src/ensure-deployed.ts'
import { permissions } from '../src/permissions.ts'
import type { WorkloadManifest } from '../src/workload-manifest.ts'
import { type WorkloadName, workloadRef } from '../src/workload.ts'
import { expectSaid } from './least-roles.ts'
import { stepBench } from './step-bench.ts'
import { walk } from './walk.ts'
import { adminClient, call, contextName, create, freshName, manifestOf, patch, removeAndWait, until, worldOf } from './workloads.ts'

const cluster = await system('kubernetes')
const context = contextName
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
})

const page = (name = 'page'): WorkloadName => ({ namespace, kind: 'Deployment', name })
const manifest = (name = 'page'): WorkloadManifest =>
  manifestOf({ namespace, name }, { template: { image: 'shop/page:v1' }, replicas: 1 }) as WorkloadManifest
const isThere = async (): Promise<boolean> => (await admin.get(workloadRef(page()), call)) !== undefined

/** Nothing of it, or the whole of it: what is between is waited for. */
async function world(): Promise<JsonObject> {
  return until('the page stands still', async () => {
    if (await isThere()) return worldOf(admin, page())
    const pods = await admin.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector: 'app=page' }, call)
    return pods.length === 0 ? { page: 'none' } : undefined
  })
}

testRollbackStep({
  name: 'ensure-deployed',
  describe,
  it,
  every: sampled(6),
  most: sampledAtMost(4),
  setUp: async () =>
    stepBench({
      cluster,
      namespace,
      named: 'page',
      make: (connection, client) => ensureDeployed({ ...connection, namespace, manifest: manifest() }, { client, timeout: '3m' }),
      world,
      drift: async () => {
        if (await isThere()) return patch(admin, workloadRef(page()), '/spec/template/spec/containers/0/image', 'shop/page:experiment')
        return create(admin, page(), { template: { image: 'shop/page:experiment' }, replicas: 1 })
      },
      tearDown: async () => {
        await removeAndWait(admin, page())
        await world()
      },
    }),
})

const ensured = (name: string, client = admin) => walk(ensureDeployed({ context, namespace, manifest: manifest(name) }, { client }))

describe('ensure-deployed', () => {
  it('leaves one that is there as it is, and only looks whether it is ready', async () => {
    const name = freshName()
    await create(admin, page(name), { template: { image: 'shop/page:v1' }, replicas: 3 })
    await worldOf(admin, page(name))
    const walked = await ensured(name)
    expect(walked.preparation).toMatchObject({ changes: [], risk: [] })
    expect(await walked.probe()).toBe('after')
    await walked.compensate().catch(() => undefined)
    expect(walked.contacts()).not.toContain('create')
  })

  it('refuses one that runs other images, or none at all', async () => {
    const name = freshName()
    await create(admin, page(name), { template: { image: 'shop/page:v2' }, replicas: 0 })
    expect((await ensured(name)).blockers).toEqual(['k8s.deployed-otherwise', 'k8s.scaled-to-zero'])
  })

  it('refuses a manifest that the server would not take, before anything is written', async () => {
    const name = freshName()
    const broken = { ...manifest(name), spec: { ...manifest(name).spec, selector: { matchLabels: { app: 'another' } } } }
    const refused = walk(ensureDeployed({ context, namespace, manifest: broken }, { client: admin }))
    await expect(refused).rejects.toMatchObject({ code: 'REJECTED', effect: 'none' })
  })

  it('refuses what is no manifest of a workload', () => {
    const service = { ...manifest(), kind: 'Service' } as unknown as WorkloadManifest
    expect(() => ensureDeployed({ context, namespace, manifest: service }, { client: admin })).toThrow(/kind/)
  })
})

describe('with exactly its Role', () => {
  const needs = permissions.ensureDeployed('Deployment')
  const clientWith = async (rules: typeof needs): Promise<KubernetesClient> => {
    const given = rules.map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs }))
    const { kubeconfig } = await cluster.asUser({ namespace, rules: given })
    return kubernetesClient({ context, kubeconfig })
  }

  it('a workload is made, is verified and is deleted again', async () => {
    const walked = await ensured(freshName(), await clientWith(needs))
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
    await walked.compensate()
    expect(await walked.probe()).toBe('before')
  })

  const each = needs.flatMap(({ group, resource, verbs }, rule) => verbs.map((verb) => ({ group, resource, verb, rule })))
  it.each(each)('says at preview that it may not $verb $resource', async ({ resource, verb, rule }) => {
    const rest = needs
      .map((need, index) => (index === rule ? { ...need, verbs: need.verbs.filter((one) => one !== verb) } : need))
      .filter(({ verbs }) => verbs.length > 0)
    await expectSaid(ensured(freshName(), await clientWith(rest)), verb, `${verb} ${resource}`)
  })
})
