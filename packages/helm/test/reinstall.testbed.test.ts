import { plan, sequence, type JsonObject } from '@backstep/core'
import { approve } from '@backstep/runner'
import { system, type AccessRule } from '@backstep/testbed'
import { fakeClock, memoryRunner } from '@backstep/testing'
import { describe, expect, it } from 'vitest'
import { lastGoodRelease, reinstallRelease } from '../src/index.ts'
import { reinstallStep, type ReinstallOptions } from '../src/reinstall-step.ts'
import { contextOf } from './context-of.ts'
import { helmLab, type Lab } from './helm-lab.ts'
import { editRecord, withInfo } from './record-edit.ts'
import { reach, walk, type Walk } from './step-on-lab.ts'

const cluster = await system('kubernetes')

const claim = (volumeName: string): JsonObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'r-data' },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', volumeName, resources: { requests: { storage: '1Gi' } } },
})
const balancer = (port: number): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'r-web' },
  spec: { type: 'LoadBalancer', selector: { app: 'r-api' }, ports: [{ name: 'http', port }] },
})
const secret: JsonObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'r-db' }, stringData: { user: 'shop' } }
const stateful = (whenDeleted: string): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'r-db' },
  spec: {
    serviceName: 'r-db',
    replicas: 0,
    persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled: 'Retain' },
    selector: { matchLabels: { app: 'r-db' } },
    template: { metadata: { labels: { app: 'r-db' } }, spec: { containers: [{ name: 'db', image: 'shop/db:v1' }] } },
  },
})

describe.each([3, 4] as const)('a release that is installed anew under Helm %i', (helm) => {
  async function twoRevisions(
    first: readonly JsonObject[] = [],
    second: readonly JsonObject[] = first,
    before?: (lab: Lab) => Promise<unknown>,
  ): Promise<Lab> {
    const lab = await helmLab({ cluster, helm })
    await before?.(lab)
    await lab.install({ replicas: 1, configs: ['good'], extraObjects: first })
    await lab.upgrade({ replicas: 1, image: 'shop/api:v2', configs: ['bad'], extraObjects: second })
    await lab.world()
    return lab
  }
  const reinstall = (lab: Lab, options: Partial<ReinstallOptions> = {}): Promise<Walk> =>
    walk(reinstallStep({ ...reach(cluster, lab, helm), toRevision: 1, ...options }))
  const uidOf = async (lab: Lab, version: string, path: string): Promise<unknown> =>
    ((await lab.api('GET', version, path))['metadata'] as JsonObject)['uid']
  const blockers = (step: Walk): readonly string[] => step.findings().filter((finding) => finding.startsWith('blocker'))
  const messageOf = (step: Walk, code: string): string | undefined =>
    step.preparation.findings?.find((found) => found.code === code)?.message

  it('keeps its volume, its claim, its address, its node port and its secret, and gets new workloads', async () => {
    const volume = `pv-${(await cluster.namespace()).name}`
    const bindable = ({ namespace }: Lab): Promise<unknown> =>
      cluster.api('POST', '/api/v1/persistentvolumes', {
        body: {
          apiVersion: 'v1',
          kind: 'PersistentVolume',
          metadata: { name: volume },
          spec: {
            capacity: { storage: '1Gi' },
            accessModes: ['ReadWriteOnce'],
            persistentVolumeReclaimPolicy: 'Delete',
            hostPath: { path: '/nowhere' },
            claimRef: { namespace, name: 'r-data' },
          },
        },
      })
    const lab = await twoRevisions([claim(volume), balancer(80), secret], [claim(volume), balancer(81), secret], bindable)
    try {
      const isBound = async (): Promise<unknown> =>
        ((await lab.api('GET', 'v1', 'persistentvolumeclaims/r-data'))['status'] as JsonObject)['phase']
      await expect.poll(isBound, { timeout: 30_000 }).toBe('Bound')
      await lab.edit('v1', 'services/r-web/status', { status: { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } } })
      await lab.edit('v1', 'secrets/r-db', { data: { given: 'YnktaGFuZA==' } })
      const service = (await lab.api('GET', 'v1', 'services/r-web'))['spec'] as {
        ports: readonly { nodePort: number }[]
        clusterIP: string
      }
      const [port] = service.ports
      const paths = ['persistentvolumeclaims/r-data', 'services/r-web', 'secrets/r-db'] as const
      const before = await Promise.all(paths.map((path) => uidOf(lab, 'v1', path)))
      const deployment = await uidOf(lab, 'apps/v1', 'deployments/r-api')

      const step = await reinstall(lab)
      expect(blockers(step)).toEqual([])
      expect(step.preparation).toMatchObject({
        risk: ['point-of-no-return'],
        summary: expect.stringMatching(/^Delete 3 objects of \S+\/r and/),
      })
      expect(messageOf(step, 'helm.kept-volume')).toContain(`${volume} (reclaim policy Delete)`)
      expect(messageOf(step, 'helm.kept-address')).toContain('203.0.113.7')
      expect(messageOf(step, 'helm.kept-address')).toContain(`node ports ${port?.nodePort}`)
      expect(messageOf(step, 'helm.downtime')).toContain('Deployment')
      expect(await step.probe()).toEqual({ at: 'before' })
      expect(await step.execute()).not.toBeInstanceOf(Error)
      expect(await step.verify()).toMatchObject({ status: 'healthy' })
      expect(await step.probe()).toMatchObject({ at: 'after' })

      expect(await Promise.all(paths.map((path) => uidOf(lab, 'v1', path)))).toEqual(before)
      expect(await uidOf(lab, 'apps/v1', 'deployments/r-api')).not.toBe(deployment)
      expect(await isBound()).toBe('Bound')
      expect(await lab.api('GET', 'v1', 'services/r-web')).toMatchObject({
        spec: { clusterIP: service.clusterIP, ports: [{ port: 80, nodePort: port?.nodePort }] },
        status: { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } },
      })
      expect(await lab.api('GET', 'v1', 'secrets/r-db')).toMatchObject({ data: { given: 'YnktaGFuZA==' } })
      const world = JSON.stringify(await lab.world())
      expect(world).toContain('shop/api:v1')
      expect(world).not.toContain('r-bad')
      expect(await lab.records()).toEqual(['1 superseded', '2 superseded', '3 deployed'])
    } finally {
      await cluster.api('DELETE', `/api/v1/persistentvolumes/${volume}`)
    }
  })

  it('gets an immutable field changed, which no rollback can do', async () => {
    const job = (image: string): JsonObject => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'r-once' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'job', image }] } } },
    })
    const lab = await helmLab({ cluster, helm })
    await lab.install({ replicas: 1, extraObjects: [job('shop/job:v1')] })
    await lab.api('DELETE', 'batch/v1', 'jobs/r-once?propagationPolicy=Background')
    await lab.upgrade({ replicas: 1, extraObjects: [job('shop/job:v2')] })
    const step = await reinstall(lab)
    expect(blockers(step)).toEqual([])
    await step.execute()
    await expect.poll(() => step.verify(), { timeout: 30_000 }).toMatchObject({ status: 'healthy' })
    expect(JSON.stringify(await lab.api('GET', 'batch/v1', 'jobs/r-once'))).toContain('shop/job:v1')
  })

  it('waits for the second of two people, and takes its revision from a query', async () => {
    const lab = await twoRevisions()
    const place = reach(cluster, lab, helm)
    const good = lastGoodRelease(place)
    const { revision, digest } = good.output
    const approvals = { roles: ['lead', 'owner'] }
    const node = reinstallRelease({ ...place, toRevision: revision, digest, approvals })
    const one = plan({ name: 'last-resort', steps: sequence<'point-of-no-return' | 'none'>(good, node) })
    const clock = fakeClock({ speed: 1 })
    const [runner, other] = [memoryRunner({ clock }), memoryRunner({ clock })]
    const approved = await runner.preview(one)
    const accepts = approved.steps.map(({ id }) => id).filter((id) => id.startsWith('helm.reinstall-release'))
    const yesOf = (id: string, role: string) => approve(approved, { actor: { id, roles: [role] }, at: clock.now(), accepts })
    const waiting = await runner.run(one, { runId: 'one', approved, approvals: [yesOf('ada', 'lead')] })
    expect(waiting.state).toBe('waiting')
    expect(await lab.records()).toEqual(['1 superseded', '2 deployed'])
    const view = await other.run(one, { runId: 'two', approved, approvals: [yesOf('ada', 'lead'), yesOf('grace', 'owner')] })
    clock.stop()
    expect(view).toMatchObject({ outcome: 'succeeded' })
    expect(await lab.records()).toEqual(['1 superseded', '2 superseded', '3 deployed'])
  })

  it('may have the content that it has already', async () => {
    const lab = await twoRevisions()
    const deployment = await uidOf(lab, 'apps/v1', 'deployments/r-api')
    const step = await reinstall(lab, { toRevision: 2 })
    expect(await step.probe()).toEqual({ at: 'before' })
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
    expect(await uidOf(lab, 'apps/v1', 'deployments/r-api')).not.toBe(deployment)
  })

  it('is left alone when an object was made anew since the preview', async () => {
    const lab = await twoRevisions()
    const step = await reinstall(lab)
    const old = await lab.api('GET', 'v1', 'configmaps/r-bad')
    await lab.api('DELETE', 'v1', 'configmaps/r-bad')
    const { annotations, labels } = old['metadata'] as JsonObject
    await lab.api('POST', 'v1', 'configmaps', { ...old, metadata: { name: 'r-bad', annotations: annotations ?? {}, labels: labels ?? {} } })
    expect(await step.probe()).toMatchObject({ at: 'elsewhere', detail: expect.stringContaining('made anew') })
    expect(await step.execute()).toMatchObject({ code: 'DRIFTED', effect: 'none' })
    expect(await lab.records()).toEqual(['1 superseded', '2 deployed'])
  })

  it('is refused when a volume claim would go with its owner', async () => {
    const lab = await twoRevisions([stateful('Delete')])
    expect(blockers(await reinstall(lab))).toEqual(['blocker helm.deletes-data'])
    await lab.edit('apps/v1', 'statefulsets/r-db', { spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain' } } })
    const kept = await reinstall(lab, { conflicts: 'force' })
    expect(blockers(kept)).toEqual([])
    const owned = {
      ...claim(''),
      metadata: {
        name: 'data-r-db-0',
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'r-db', uid: String(await uidOf(lab, 'apps/v1', 'statefulsets/r-db')) },
        ],
      },
    }
    await lab.api('POST', 'v1', 'persistentvolumeclaims', owned)
    const step = await reinstall(lab, { conflicts: 'force' })
    expect(blockers(step)).toEqual(['blocker helm.deletes-data'])
    expect(messageOf(step, 'helm.deletes-data')).toContain('PersistentVolumeClaim/data-r-db-0 belongs to StatefulSet/')
  })

  it('is refused when its target lacks a volume claim, and says which address is given up', async () => {
    const lab = await twoRevisions([], [claim('none'), balancer(80)])
    const step = await reinstall(lab)
    expect(blockers(step)).toEqual(['blocker helm.deletes-data'])
    expect(step.findings()).toContain('warning helm.loses-address')
  })

  it('and is stuck in pending-upgrade is freed, once that is old enough', async () => {
    const lab = await twoRevisions()
    await editRecord(lab, 1, withInfo({ status: 'deployed' }))
    await editRecord(lab, 2, withInfo({ status: 'pending-upgrade' }))
    expect(blockers(await reinstall(lab))).toEqual(['blocker helm.may-be-at-work'])
    const step = await reinstall(lab, { olderThan: '1ms' })
    expect(blockers(step)).toEqual([])
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
  })

  it('needs the Role of the README, and names the verb that is missing', async () => {
    const role: readonly AccessRule[] = [
      { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'create', 'update', 'delete'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'create', 'patch', 'delete'] },
      { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['list'] },
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'create', 'patch', 'delete'] },
      { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['list'] },
    ]
    const lab = await twoRevisions()
    const clusterRules = [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get'], resourceNames: [lab.namespace] }]
    const as = async (rules: readonly AccessRule[]): Promise<Walk> => {
      const { kubeconfig } = await cluster.asUser({ namespace: lab.namespace, rules, clusterRules })
      return reinstall(lab, { kubeconfig, context: contextOf(kubeconfig) })
    }
    const without = (verb: string, resource: string): readonly AccessRule[] =>
      role
        .map((rule) => (rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) } : rule))
        .filter(({ verbs }) => verbs.length > 0)
    for (const [verb, resource] of [
      ['delete', 'deployments'],
      ['list', 'persistentvolumeclaims'],
    ] as const) {
      const step = await as(without(verb, resource))
      expect(blockers(step)).toEqual(['blocker helm.permission'])
      expect(messageOf(step, 'helm.permission')).toContain(`${verb} ${resource}`)
    }
    const step = await as(role)
    expect(blockers(step)).toEqual([])
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
  })
})
