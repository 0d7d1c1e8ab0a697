import type { KubernetesClient } from '@backstep/kubernetes'
import { sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { pauseRollout } from '../src/pause-rollout.ts'
import { restartRollout } from '../src/restart-rollout.ts'
import { setImages } from '../src/set-images.ts'
import { type WorkloadName, workloadRef } from '../src/workload.ts'
import { stepBench } from './step-bench.ts'
import { walk } from './walk.ts'
import { adminClient, call, contextName, create, freshName, patch, podTemplate, removeAndWait, worldOf } from './workloads.ts'

const cluster = await system('kubernetes')
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
})

const digest = (digit: string) => `shop/checkout@sha256:${digit.repeat(64)}`
const workload = (): WorkloadName => ({ namespace, kind: 'Deployment', name: 'checkout' })

testRollbackStep({
  name: 'set-images',
  describe,
  it,
  every: sampled(6),
  most: sampledAtMost(4),
  setUp: async () => {
    await create(admin, workload(), { template: { image: digest('a') }, replicas: 1 })
    return stepBench({
      cluster,
      namespace,
      named: 'checkout',
      make: (connection, client) => setImages({ ...connection, ...workload(), images: { app: digest('b') } }, { client, timeout: '3m' }),
      world: () => worldOf(admin, workload()),
      drift: () => patch(admin, workloadRef(workload()), '/spec/template/spec/containers/0/image', digest('c')),
      tearDown: () => removeAndWait(admin, workload()),
    })
  },
})

describe('set-images', () => {
  it('takes no tag: it may mean another image tomorrow', () => {
    const make = () => setImages({ context: contextName, namespace: 'shop', name: 'checkout', images: { app: 'shop/checkout:latest' } })
    expect(make).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining('by digest') }))
  })

  it('names the containers that there are when one does not exist', async () => {
    const made = { ...workload(), name: freshName() }
    await create(admin, made, { template: { image: digest('a') } })
    const step = setImages({ context: contextName, ...made, images: { web: digest('b') } }, { client: admin })
    await expect(walk(step)).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND', message: expect.stringContaining('it has app') })
  })

  it('sees a container that moved in its list as drift', async () => {
    const made = { ...workload(), name: freshName() }
    await create(admin, made, { template: { image: digest('a') } })
    const walked = await walk(setImages({ context: contextName, ...made, images: { app: digest('b') } }, { client: admin }))
    const template = podTemplate(made.name, { image: digest('a') }) as { spec: { containers: object[] } }
    const containers = [{ name: 'sidecar', image: digest('d') }, ...template.spec.containers]
    await patch(admin, workloadRef(made), '/spec/template/spec/containers', containers)
    await expect(walked.execute()).rejects.toMatchObject({ code: 'DRIFTED', effect: 'none' })
  })
})

describe('pause and restart', () => {
  it('a paused Deployment is resumed when the scope is left, and one that was paused already stays so', async () => {
    const made = { ...workload(), name: freshName() }
    await create(admin, made, { template: { image: digest('a') } })
    const { kind: _, ...name } = made
    const pause = () => walk(pauseRollout({ context: contextName, ...name }, { client: admin }))
    const first = await pause()
    await first.execute()
    expect(await worldOf(admin, made)).toMatchObject({ paused: true })
    const second = await pause()
    expect(second.preparation.changes).toEqual([])
    expect(await second.probe()).toBe('after')
    await first.compensate()
    expect(await worldOf(admin, made)).toMatchObject({ paused: false })
  })

  it('a restart replaces every pod by one of the same image', async () => {
    const made = { ...workload(), name: freshName() }
    await create(admin, made, { template: { image: digest('a') } })
    await worldOf(admin, made)
    const pods = async () =>
      (await admin.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector: `app=${made.name}` }, call)).map(
        ({ metadata }) => metadata.uid,
      )
    const before = await pods()
    const walked = await walk(restartRollout({ context: contextName, ...made }, { client: admin }))
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
    expect((await pods()).filter((uid) => before.includes(uid))).toEqual([])
    expect(await walked.probe()).toBe('after')
  })
})
