import { kubernetesClient, type KubernetesClient } from '@backstep/kubernetes'
import { sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { permissions } from '../src/permissions.ts'
import { restartUnhealthy, type RestartUnhealthyOptions } from '../src/restart-unhealthy.ts'
import type { WorkloadName } from '../src/workload.ts'
import { stepBench } from './step-bench.ts'
import { walk } from './walk.ts'
import { adminClient, call, contextName, create, freshName, release, removeAndWait, until, worldOf } from './workloads.ts'

const cluster = await system('kubernetes')
const context = contextName
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
})

const worker = (name = 'worker'): WorkloadName => ({ namespace, kind: 'StatefulSet', name })

/** The template is good again, and the pod is the broken one of before: its controller waits for it for ever. */
async function stuck(name = 'worker', spec = {}): Promise<WorkloadName> {
  const workload = worker(name)
  await create(admin, workload, { template: { image: 'shop/worker:broken', spec }, replicas: 1 })
  await until('the pod is broken', async () => {
    const pods = await admin.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector: `app=${name}` }, call)
    return JSON.stringify(pods).includes('CrashLoopBackOff') || undefined
  })
  await release(admin, workload, { image: 'shop/worker:v1', spec: {} })
  return workload
}

testRollbackStep({
  name: 'restart-unhealthy',
  describe,
  it,
  every: sampled(10),
  most: sampledAtMost(4),
  setUp: async () => {
    await stuck()
    return stepBench({
      cluster,
      namespace,
      named: 'worker',
      make: (connection, client) => restartUnhealthy({ ...connection, ...worker() }, { client, timeout: '3m' }),
      world: () => worldOf(admin, worker()),
      drift: async () => undefined,
      tearDown: () => removeAndWait(admin, worker()),
    })
  },
})

const restarted = (workload: WorkloadName, options: Partial<RestartUnhealthyOptions> = {}, client = admin) =>
  walk(restartUnhealthy({ context, ...workload, ...options }, { client }))

describe('restart-unhealthy', () => {
  it('leaves pods alone that are ready, or were not ready for a short time only', async () => {
    const workload: WorkloadName = { namespace, kind: 'Deployment', name: freshName() }
    await create(admin, workload, { template: { image: 'shop/web:never-ready' }, replicas: 1 })
    await until('the pod is there', async () => {
      const pods = await admin.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector: `app=${workload.name}` }, call)
      return pods.length > 0 || undefined
    })
    expect((await restarted(workload)).preparation.changes).toEqual([])
    expect((await restarted(workload, { notReadyFor: '0s' })).preparation.changes).toHaveLength(1)
    await release(admin, workload, { image: 'shop/web:v1' })
    await worldOf(admin, workload)
    const walked = await restarted(workload, { notReadyFor: '0s' })
    expect(walked.preparation.changes).toEqual([])
    expect(await walked.probe()).toBe('after')
    expect(await walked.execute()).toEqual({ replaced: 0 })
    expect(await walked.look()).toMatchObject({ status: 'healthy' })
  })

  it('refuses to lose what a pod keeps in an emptyDir, unless the plan says so', async () => {
    const name = freshName()
    const workload = await stuck(name, { volumes: [{ name: 'cache', emptyDir: {} }] })
    expect((await restarted(workload)).blockers).toEqual(['k8s.local-data'])
    const walked = await restarted(workload, { localData: 'lose' })
    expect(walked.blockers).toEqual([])
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
  })
})

describe('with exactly its Role', () => {
  const needs = permissions.restartUnhealthy('StatefulSet')
  const clientWith = async (rules: typeof needs): Promise<KubernetesClient> => {
    const given = rules.map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs }))
    const { kubeconfig } = await cluster.asUser({ namespace, rules: given })
    return kubernetesClient({ context, kubeconfig })
  }

  it('pods are replaced and verified', async () => {
    const walked = await restarted(await stuck(freshName()), {}, await clientWith(needs))
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
  })

  const each = needs.flatMap(({ group, resource, verbs }, rule) => verbs.map((verb) => ({ group, resource, verb, rule })))
  it.each(each)('says at preview that it may not $verb $resource', async ({ resource, verb, rule }) => {
    const rest = needs
      .map((need, index) => (index === rule ? { ...need, verbs: need.verbs.filter((one) => one !== verb) } : need))
      .filter(({ verbs }) => verbs.length > 0)
    if (verb === 'delete') {
      const { preparation } = await restarted(await stuck(freshName()), {}, await clientWith(rest))
      const message = expect.stringContaining(`${verb} ${resource}`) as string
      return expect(preparation.findings).toEqual([expect.objectContaining({ level: 'blocker', code: 'k8s.may-not-write', message })])
    }
    await expect(restarted(worker(), {}, await clientWith(rest))).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      effect: 'none',
      message: expect.stringContaining(`${verb} ${resource}`),
    })
  })
})
