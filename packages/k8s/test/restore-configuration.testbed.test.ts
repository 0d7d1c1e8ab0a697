import { secret } from '@backstep/core'
import { kubernetesClient, type KubernetesClient, type ObjectRef } from '@backstep/kubernetes'
import { sampled, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { permissions } from '../src/permissions.ts'
import { restoreConfiguration } from '../src/restore-configuration.ts'
import { objectAt, type WorkloadName } from '../src/workload.ts'
import { expectSaid } from './least-roles.ts'
import { remove, stepBench } from './step-bench.ts'
import { walk } from './walk.ts'
import { adminClient, call, contextName, create, freshName, patch, worldOf } from './workloads.ts'

const cluster = await system('kubernetes')
const context = contextName
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
})

const encoded = (text: string) => Buffer.from(text).toString('base64')
const ref = (kind: 'ConfigMap' | 'Secret', name: string): ObjectRef => ({ apiVersion: 'v1', kind, namespace, name })
const dataOf = async (kind: 'ConfigMap' | 'Secret', name: string) => {
  const live = await admin.get(ref(kind, name), call)
  return live === undefined ? null : objectAt(live, ['data'])
}
const oldValue = 'canary-old-7d02aa'

testRollbackStep({
  name: 'restore-configuration with a deleted ConfigMap and a changed Secret',
  describe,
  it,
  every: sampled(24),
  setUp: async () => {
    const data = { password: encoded('canary-new-19c3f0'), extra: encoded('x') }
    await admin.create({ manifest: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'conf-secret', namespace }, data } }, call)
    const bench = await stepBench({
      cluster,
      namespace,
      named: 'conf-',
      make: (connection, client) =>
        restoreConfiguration(
          {
            ...connection,
            namespace,
            configMaps: { 'conf-map': { mode: 'old' } },
            secrets: { 'conf-secret': { password: secret('OLD_PASSWORD') } },
          },
          { client, timeout: '3m' },
        ),
      world: async () => ({ map: await dataOf('ConfigMap', 'conf-map'), secret: await dataOf('Secret', 'conf-secret') }),
      drift: () => patch(admin, ref('Secret', 'conf-secret'), '/data/password', encoded('somebody else')),
      tearDown: async () => {
        await remove(admin, ref('Secret', 'conf-secret'))
        await remove(admin, ref('ConfigMap', 'conf-map'))
      },
    })
    return { ...bench, secrets: { OLD_PASSWORD: oldValue } }
  },
})

describe('restore-configuration', () => {
  const needs = permissions.restoreConfiguration({ configMaps: true, secrets: true })
  const clientWith = async (rules: typeof needs): Promise<KubernetesClient> => {
    const given = rules.map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs }))
    const { kubeconfig } = await cluster.asUser({ namespace, rules: given })
    return kubernetesClient({ context, kubeconfig })
  }
  const restore = (name: string, client: KubernetesClient, referrers: 'restart' | 'leave' = 'restart') =>
    walk(restoreConfiguration({ context, namespace, configMaps: { [name]: { mode: 'old' } }, referrers }, { client }))

  it('restarts the workloads that refer to it, with exactly its Role, and puts all of it back', async () => {
    const name = freshName()
    const web: WorkloadName = { namespace, kind: 'Deployment', name: freshName() }
    await create(admin, web, { template: { image: 'shop/web:v1', spec: { volumes: [{ name: 'c', configMap: { name } }] } }, replicas: 1 })
    const walked = await restore(name, await clientWith(needs))
    expect(walked.preparation.changes.map(({ action, resource }) => `${action} ${resource.split('/').slice(1).join('/')}`)).toEqual([
      `create core/ConfigMap/${name}`,
      `update apps/Deployment/${web.name}`,
    ])
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
    expect(await dataOf('ConfigMap', name)).toEqual({ mode: 'old' })
    await walked.compensate()
    expect(await dataOf('ConfigMap', name)).toBeNull()
    expect((await worldOf(admin, web))['template']).not.toHaveProperty('metadata.annotations.backstep\\.dev/restarts')
  })

  it('puts a Secret back whole, makes one that was deleted, and shows keys only', async () => {
    const [changed, deleted] = [freshName(), freshName()]
    const data = { password: encoded('new'), extra: encoded('x') }
    await admin.create({ manifest: { apiVersion: 'v1', kind: 'Secret', metadata: { name: changed, namespace }, data } }, call)
    const values = { password: secret('OLD') }
    const step = restoreConfiguration({ context, namespace, secrets: { [changed]: values, [deleted]: values } }, { client: admin })
    const walked = await walk(step, { OLD: oldValue })
    expect(walked.preparation.changes.map(({ action, fields }) => [action, fields?.map(({ path }) => path)])).toEqual([
      ['update', ['data.extra', 'data.password']],
      ['create', ['data.password']],
    ])
    await walked.execute()
    expect([await dataOf('Secret', changed), await dataOf('Secret', deleted)]).toEqual([
      { password: encoded(oldValue) },
      { password: encoded(oldValue) },
    ])
    await walked.compensate()
    expect([await dataOf('Secret', changed), await dataOf('Secret', deleted)]).toEqual([data, null])
  })

  it('says which workloads go on with the old content', async () => {
    const name = freshName()
    const web: WorkloadName = { namespace, kind: 'Deployment', name: freshName() }
    await create(admin, web, { template: { image: 'shop/web:v1', spec: { volumes: [{ name: 'c', configMap: { name } }] } }, replicas: 0 })
    expect((await restore(name, admin, 'leave')).findings).toEqual(['k8s.not-restarted'])
  })

  it('refuses one that is immutable', async () => {
    const name = freshName()
    await admin.create({ manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, immutable: true } }, call)
    await expect(restore(name, admin)).rejects.toMatchObject({ code: 'PRECONDITION_FAILED', effect: 'none' })
  })

  const each = needs
    .flatMap(({ resource, verbs }, rule) => verbs.map((verb) => ({ resource, verb, rule })))
    .filter(({ resource }) => resource !== 'secrets')
  it.each(each)('says at preview that it may not $verb $resource', async ({ resource, verb, rule }) => {
    const rest = needs
      .map((need, index) => (index === rule ? { ...need, verbs: need.verbs.filter((one) => one !== verb) } : need))
      .filter(({ verbs }) => verbs.length > 0)
    const name = freshName()
    await admin.create({ manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { mode: 'new' } } }, call)
    await expectSaid(restore(name, await clientWith(rest)), verb, `${verb} ${resource}`)
  })
})
