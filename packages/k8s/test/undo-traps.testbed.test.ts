import { setTimeout as wait } from 'node:timers/promises'
import type { KubernetesClient } from '@backstep/kubernetes'
import { system } from '@backstep/testbed'
import { beforeAll, describe, expect, it } from 'vitest'
import { hasMissedDeadline } from '../src/rollout-look.ts'
import { objectAt, readWorkload, type WorkloadName, workloadRef } from '../src/workload.ts'
import { call, create, freshName, patch, release, type TemplateOptions, until, worldOf } from './workloads.ts'
import { bad, broken, good, type Yard, yardIn } from './yard.ts'

const cluster = await system('kubernetes')
let yard: Yard
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  yard = await yardIn(cluster)
  ;({ admin, namespace } = yard)
})
const released: Yard['released'] = (...given) => yard.released(...given)
const undo: Yard['undo'] = (...given) => yard.undo(...given)
const untilBroken: Yard['untilBroken'] = (...given) => yard.untilBroken(...given)
const imageNow: Yard['imageNow'] = (...given) => yard.imageNow(...given)

describe('traps', () => {
  it('vector 4: a paused Deployment is refused, with the change shown; or resumed in the same write', async () => {
    const workload = await released()
    await patch(admin, workloadRef(workload), '/spec/paused', true)
    const refused = await undo(workload)
    expect(refused.blockers).toEqual(['k8s.paused'])
    expect(refused.preparation.changes).toHaveLength(1)
    const walked = await undo(workload, { whenPaused: 'resume' })
    expect(walked.blockers).toEqual([])
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
    await walked.compensate()
    expect(await worldOf(admin, workload)).toMatchObject({ paused: true })
  })

  it('vector 27: with an autoscaler, replicas are left alone', async () => {
    const workload = await released()
    await admin.create(
      {
        manifest: {
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: workload.name, namespace },
          spec: { minReplicas: 3, maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: workload.name } },
        },
      },
      call,
    )
    const replicas = async () => objectAt(await readWorkload(admin, workload, call), ['spec'])['replicas']
    await until('it is scaled', async () => ((await replicas()) === 3 ? true : undefined), 40_000)
    const walked = await undo(workload)
    await walked.execute()
    expect(walked.findings).toContain('k8s.scaled-by-others')
    expect(await replicas()).toBe(3)
  })

  it.each([
    ['flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } }],
    ['argo-cd', { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment' } }],
    ['helm', { annotations: { 'meta.helm.sh/release-name': 'shop' } }],
  ] as const)('an owner that would revert it is refused, unless the plan deals with it: %s', async (owner, metadata) => {
    const workload = await released('Deployment', { metadata })
    expect((await undo(workload)).blockers).toEqual([`k8s.owned-by-${owner}`])
    expect((await undo(workload, { acceptOwners: [owner] })).blockers).toEqual([])
  })

  it('a manager that applies the template is named', async () => {
    const workload = await released()
    const manifest = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: workload.name, namespace },
      spec: { template: { spec: { containers: [{ name: 'app', image: 'shop/checkout:v4' }] } } },
    }
    await admin.apply({ manifest, fieldManager: 'release-pipeline', force: true }, call)
    const walked = await undo(workload)
    expect(walked.preparation.findings).toContainEqual(
      expect.objectContaining({ code: 'k8s.applied-by-manager', message: expect.stringContaining('release-pipeline') }),
    )
  })

  it('a ConfigMap that the target needs and that is gone is refused', async () => {
    const workload: WorkloadName = { namespace, kind: 'Deployment', name: freshName() }
    const config = `config-${workload.name}`
    await create(admin, workload, { template: { ...good, spec: { volumes: [{ name: 'c', configMap: { name: config } }] } } })
    await release(admin, workload, bad)
    expect((await undo(workload)).blockers).toEqual(['k8s.config-gone'])
    await admin.create({ manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: config, namespace } } }, call)
    expect((await undo(workload)).blockers).toEqual([])
  })

  it('vector 19: a StatefulSet stuck on a broken pod is refused, or that very pod is deleted', async () => {
    const workload = await released('StatefulSet', {}, broken)
    await untilBroken(workload)
    expect((await undo(workload)).blockers).toEqual(['k8s.stuck-pods'])
    const walked = await undo(workload, { stuckPods: 'delete' })
    expect(walked.preparation.changes.map(({ action }) => action)).toEqual(['update', 'delete'])
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
    expect((await worldOf(admin, workload))['running']).toEqual([1, 2].map(() => ({ image: good.image, isReady: true })))
  })

  it('a StatefulSet that somebody rolled back already, and that is still stuck, is freed', async () => {
    const workload = await released('StatefulSet', {}, broken)
    await untilBroken(workload)
    await release(admin, workload, good)
    const walked = await undo(workload, { stuckPods: 'delete' })
    expect(await walked.probe()).toBe('before')
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
    expect(await walked.probe()).toBe('after')
  })

  it('vector 20: with the policy Parallel there is no trap', async () => {
    const workload = await released('StatefulSet', { spec: { podManagementPolicy: 'Parallel' } }, broken)
    await untilBroken(workload)
    const walked = await undo(workload, { stuckPods: 'delete' })
    expect(walked.preparation.changes.map(({ action }) => action)).toEqual(['update'])
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
  })

  it('vector 18: with partition 1 of 2 it is done when one pod is updated', async () => {
    const workload = await released('StatefulSet', { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } } })
    await until(
      'one pod is updated',
      async () =>
        ((await worldOf(admin, workload))['running'] as readonly { image: string }[]).some(({ image }) => image === bad.image) || undefined,
    )
    const walked = await undo(workload)
    expect(walked.findings).toContain('k8s.partitioned')
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
  })

  it('vector 21: with OnDelete it is refused, or the template goes back and the pods stay', async () => {
    const workload = await released('StatefulSet', { spec: { updateStrategy: { type: 'OnDelete' } } })
    expect((await undo(workload)).blockers).toEqual(['k8s.on-delete'])
    const walked = await undo(workload, { onDelete: 'leave-pods' })
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
    expect(await imageNow(workload)).toBe(good.image)
  })
})

describe('the verdict', () => {
  const slow: TemplateOptions = { ...good, annotations: { 'testbed/ready-delay': '1500ms' } }

  it('vector 15: a deadline that was missed before the write is no failure', async () => {
    const workload = await released('Deployment', { spec: { progressDeadlineSeconds: 1 } }, broken)
    await until('the deadline is missed', async () => hasMissedDeadline(await readWorkload(admin, workload, call)) || undefined)
    const walked = await undo(workload)
    await walked.execute()
    expect((await walked.look()).status).not.toBe('unhealthy')
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
  })

  it('vector 16: a deadline that is missed after the write is a failure', async () => {
    const workload: WorkloadName = { namespace, kind: 'Deployment', name: freshName() }
    await create(admin, workload, { template: broken, spec: { progressDeadlineSeconds: 1 } })
    await release(admin, workload, good)
    const walked = await undo(workload, {}, broken.image)
    await walked.execute()
    expect((await walked.look()).status).toBe('progressing')
    expect(await walked.settle()).toMatchObject({ status: 'unhealthy', actual: expect.stringContaining('ProgressDeadlineExceeded') })
  })

  it('vector 17: while surge pods are left it is not done', async () => {
    const workload: WorkloadName = { namespace, kind: 'Deployment', name: freshName() }
    await create(admin, workload, { template: slow })
    await release(admin, workload, bad)
    await worldOf(admin, workload)
    const walked = await undo(workload)
    await walked.execute()
    await wait(300)
    expect(await walked.look()).toMatchObject({ status: 'progressing' })
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
  })

  it('vector 22: a DaemonSet with less ready pods than nodes is not done', async () => {
    const workload: WorkloadName = { namespace, kind: 'DaemonSet', name: freshName() }
    await create(admin, workload, { template: slow })
    await release(admin, workload, bad)
    await wait(500)
    const walked = await undo(workload)
    await walked.execute()
    expect(await walked.look()).toMatchObject({ status: 'progressing' })
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
  })

  it('vector 23: an object that was deleted and made again is a failure', async () => {
    const workload = await released()
    const walked = await undo(workload)
    await walked.execute()
    const { metadata } = await readWorkload(admin, workload, call)
    await admin.remove({ ...workloadRef(workload), uid: metadata.uid }, call)
    await create(admin, workload, { template: good })
    expect(await walked.look()).toMatchObject({ status: 'unhealthy', actual: 'it was deleted and made again' })
    expect(await walked.probe()).toBe('elsewhere')
  })
})
