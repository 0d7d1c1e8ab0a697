import type { JsonObject } from '@backstep/core'
import { system } from '@backstep/testbed'
import { recordingContext } from '@backstep/testing'
import { describe, expect, it } from 'vitest'
import { lastGoodRelease, unlockRelease } from '../src/index.ts'
import { helmLab, type Lab } from './helm-lab.ts'
import { editRecord, withInfo } from './record-edit.ts'
import { reach, rollbackOn, walk } from './step-on-lab.ts'

const cluster = await system('kubernetes')
const bad: JsonObject = { replicas: 1, image: 'shop/api:v2' }

/** What Helm's own tests, its issues and its source say that must hold, against the real control plane with both lines of Helm. */
describe.each([3, 4] as const)('a release under Helm %i', (helm) => {
  async function twoRevisions(first: JsonObject = {}, second: JsonObject = {}): Promise<Lab> {
    const lab = await helmLab({ cluster, helm })
    await lab.install({ replicas: 1, ...first })
    await lab.upgrade({ ...bad, ...second })
    await lab.world()
    return lab
  }
  const fails = (lab: Lab, values: JsonObject, ...more: readonly string[]): Promise<unknown> =>
    lab.upgrade(values, more).catch((error: unknown) => error)

  it('kept in ConfigMaps goes back as one kept in Secrets', async () => {
    const lab = await helmLab({ cluster, helm, driver: 'configmap' })
    await lab.install({ replicas: 1 })
    await lab.upgrade(bad)
    const step = await rollbackOn(cluster, lab, helm, { driver: 'configmap' })
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
    expect(await lab.records()).toEqual(['1 superseded', '2 superseded', '3 deployed'])
  })

  it('with one record that cannot be read goes back, and says so', async () => {
    const lab = await twoRevisions()
    await lab.upgrade({ ...bad, image: 'shop/api:v3' })
    await lab.edit('v1', 'secrets/sh.helm.release.v1.r.v2', { data: { release: 'YnJva2Vu' } })
    const step = await rollbackOn(cluster, lab, helm)
    expect(step.findings()).toContain('warning helm.unreadable-record')
    await step.execute()
    expect(await step.probe()).toMatchObject({ at: 'after' })
  })

  it('whose newest record cannot be read is left alone', async () => {
    const lab = await twoRevisions()
    await lab.edit('v1', 'secrets/sh.helm.release.v1.r.v2', { data: { release: 'YnJva2Vu' } })
    await expect(rollbackOn(cluster, lab, helm)).rejects.toMatchObject({ code: 'NOT_SUPPORTED', message: expect.stringContaining('v2') })
  })

  it('whose newest record is failed and whose deployed one is older goes back from the newest', async () => {
    const lab = await twoRevisions()
    await fails(lab, { ...bad, image: 'shop/api:broken' }, '--wait', '--timeout', '2s')
    expect(await lab.records()).toEqual(['1 superseded', '2 deployed', '3 failed'])
    const step = await rollbackOn(cluster, lab, helm)
    expect(step.preparation.prepared).toMatchObject({ before: { revision: 3, status: 'failed' }, after: { revision: 1 } })
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
    expect(await lab.records()).toEqual(['1 superseded', '2 superseded', '3 failed', '4 deployed'])
  })

  it('with two records that call themselves deployed ends with one', async () => {
    const lab = await twoRevisions()
    await editRecord(lab, 1, withInfo({ status: 'deployed' }))
    const step = await rollbackOn(cluster, lab, helm)
    expect(step.findings()).toContain('warning helm.several-deployed')
    await step.execute()
    expect(await step.probe()).toMatchObject({ at: 'after' })
    expect(await lab.records()).toEqual(['1 superseded', '2 superseded', '3 deployed'])
  })

  it('after two failed upgrades has the older revision as its last good one', async () => {
    const lab = await helmLab({ cluster, helm })
    await lab.install({ replicas: 1 })
    for (const image of ['a:broken', 'b:broken']) await fails(lab, { replicas: 1, image }, '--wait', '--timeout', '2s')
    expect(await lab.records()).toEqual(['1 deployed', '2 failed', '3 failed'])
    const context = recordingContext()
    const query = lastGoodRelease(reach(cluster, lab, helm))
    expect(await query.read({ ...context.step, read: context.prepare.read })).toMatchObject({ revision: 1 })
  })

  it('whose pre-rollback hook fails is half way, and stuck in pending-rollback', async () => {
    const lab = await twoRevisions({ hooks: { 'pre-rollback': 'fails' } })
    const step = await rollbackOn(cluster, lab, helm)
    expect(step.findings()).toContain('warning helm.hooks')
    expect(step.preparation).toMatchObject({ idempotency: 'none' })
    const before = await lab.world()
    expect(await step.execute()).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      effect: 'unknown',
      message: expect.stringContaining('pending-rollback'),
    })
    expect(await step.probe()).toMatchObject({ at: 'between', detail: 'revision 3 is pending-rollback' })
    expect(await lab.world()).toEqual(before)
  })

  it('whose hooks are left out does not run them', async () => {
    const lab = await twoRevisions({ hooks: { 'pre-rollback': 'fails' } })
    const step = await rollbackOn(cluster, lab, helm, { hooks: 'skip' })
    expect(step.preparation.idempotency).toBeUndefined()
    await step.execute()
    expect(await step.probe()).toMatchObject({ at: 'after' })
  })

  it('whose update fails has nothing deployed, and its undo finds back', async () => {
    const job = (image: string): JsonObject => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'r-once' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'job', image }] } } },
    })
    const lab = await helmLab({ cluster, helm })
    await lab.install({ replicas: 1, extraObjects: [job('shop/job:v1')] })
    await lab.helm('uninstall', 'r', '--keep-history').catch(() => '')
    await lab.api('DELETE', 'batch/v1', 'jobs/r-once?propagationPolicy=Background')
    await lab.upgrade({ ...bad, extraObjects: [job('shop/job:v2')] }, ['--install'])
    await lab.world()
    const before = await lab.world()
    const step = await rollbackOn(cluster, lab, helm)
    expect(await step.execute()).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      effect: 'unknown',
      message: expect.stringContaining('immutable'),
    })
    expect((await lab.records()).filter((record) => record.endsWith('deployed'))).toEqual([])
    expect(await step.probe()).toMatchObject({ at: 'between' })
    await step.compensate()
    expect(await step.probe()).toEqual({ at: 'before' })
    expect(await lab.world()).toEqual(before)
  })

  it('whose post-rollback hook fails has everything applied and is stuck in pending-rollback', async () => {
    const lab = await twoRevisions({ hooks: { 'post-rollback': 'fails' } })
    const step = await rollbackOn(cluster, lab, helm)
    expect(await step.execute()).toMatchObject({ code: 'OUTCOME_UNKNOWN', effect: 'unknown' })
    expect(await step.probe()).toMatchObject({ at: 'between', detail: 'revision 3 is pending-rollback' })
    expect(JSON.stringify(await lab.world())).toContain('shop/api:v1')
    expect(await lab.records()).toEqual(['1 superseded', '2 deployed', '3 pending-rollback'])
  })

  it('leaves an object that is to be kept, and says so', async () => {
    const lab = await twoRevisions({}, { configs: ['extra'], keep: true })
    const step = await rollbackOn(cluster, lab, helm)
    expect(step.findings()).toContain(`${helm === 3 ? 'warning' : 'info'} helm.kept`)
    expect(step.preparation.changes.some(({ action }) => action === 'delete')).toBe(false)
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
    expect(JSON.stringify(await lab.world())).toContain('r-extra')
    const uid = async (): Promise<unknown> => ((await lab.api('GET', 'v1', 'configmaps/r-extra'))['metadata'] as JsonObject)['uid']
    const kept = await uid()
    const undone = await step.compensate()
    expect(await uid()).toBe(kept)
    if (helm === 3) expect(undone).toMatchObject({ code: 'PRECONDITION_FAILED', effect: 'none' })
    else expect(await step.probe()).toEqual({ at: 'before' })
  })

  it('that would lose a volume claim is refused, unless it is kept', async () => {
    const claim: JsonObject = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'r-data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }
    const lab = await twoRevisions({}, { extraObjects: [claim] })
    expect((await rollbackOn(cluster, lab, helm)).findings()).toContain('blocker helm.deletes-data')
    await lab.edit('v1', 'persistentvolumeclaims/r-data', { metadata: { annotations: { 'helm.sh/resource-policy': 'keep' } } })
    const step = await rollbackOn(cluster, lab, helm)
    expect(step.findings().filter((finding) => finding.startsWith('blocker'))).toEqual([])
    expect(step.preparation.changes.some(({ action }) => action === 'delete')).toBe(false)
    await step.execute()
    expect(await step.probe()).toMatchObject({ at: 'after' })
    expect(await lab.api('GET', 'v1', 'persistentvolumeclaims/r-data')).toMatchObject({ kind: 'PersistentVolumeClaim' })
  })

  it('that would lose a definition is refused, with the custom resources that it holds', async () => {
    const group = `${(await cluster.namespace()).name}.example.com`
    const definition: JsonObject = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `things.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    }
    const lab = await twoRevisions({}, { extraObjects: [definition] })
    try {
      const thing = { apiVersion: `${group}/v1`, kind: 'Thing', metadata: { name: 'one' } }
      for (let looks = 0; looks < 100; looks++) {
        const made = await lab.api('POST', `${group}/v1`, 'things', thing)
        if (made['kind'] === 'Thing') break
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      const step = await rollbackOn(cluster, lab, helm)
      expect(step.findings()).toContain('blocker helm.deletes-crd')
      const counted = step.preparation.findings?.find(({ code }) => code === 'helm.custom-resources')
      expect(counted?.message).toContain(`1 custom resources: 1 in ${lab.namespace}`)
    } finally {
      await cluster.api('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.${group}`)
    }
  })

  it('with an object that lives outside its newest record is refused by Helm 3, and shown by Helm 4', async () => {
    const lab = await twoRevisions({ configs: ['good'] })
    await lab.api('POST', 'v1', 'configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'r-good' }, data: { name: 'mine' } })
    const step = await rollbackOn(cluster, lab, helm, { conflicts: 'force' })
    expect(step.findings()).toContain(`${helm === 3 ? 'blocker' : 'warning'} helm.live-but-unrecorded`)
    if (helm === 3) return
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
  })

  it('keeps every record, whatever limit its owner has set', async () => {
    const lab = await twoRevisions()
    for (let revision = 3; revision <= 11; revision++) await lab.upgrade({ ...bad, image: `shop/api:v${revision}` }, ['--history-max', '0'])
    const step = await rollbackOn(cluster, lab, helm)
    await step.execute()
    expect(await step.probe()).toMatchObject({ at: 'after' })
    expect(await lab.records()).toHaveLength(12)
  })

  it('whose target was removed by a history limit says which revisions there are', async () => {
    const lab = await twoRevisions()
    await lab.upgrade({ ...bad, image: 'shop/api:v3' }, ['--history-max', '2'])
    await expect(rollbackOn(cluster, lab, helm)).rejects.toMatchObject({
      code: 'TARGET_NOT_FOUND',
      message: 'r has no revision 1; it has 2, 3',
    })
  })

  it('with an API that the server no longer serves is refused before anything is written', async () => {
    const lab = await twoRevisions()
    const old = '---\napiVersion: extensions/v1beta1\nkind: Ingress\nmetadata:\n  name: r-old\n'
    await editRecord(lab, 1, (release) => ({ ...release, manifest: `${release['manifest'] as string}${old}` }))
    const step = await rollbackOn(cluster, lab, helm)
    expect(step.findings()).toContain('blocker helm.removed-api')
    expect(await lab.records()).toEqual(['1 superseded', '2 deployed'])
  })

  it('left pending by a Helm that died is refused, and freed by unlockRelease once it is old enough', async () => {
    const lab = await twoRevisions({ configs: ['good'] }, { configs: ['good', 'bad'] })
    await editRecord(lab, 1, withInfo({ status: 'deployed' }))
    await editRecord(lab, 2, withInfo({ status: 'pending-upgrade' }))
    const refused = await rollbackOn(cluster, lab, helm)
    expect(refused.findings()).toContain('blocker helm.pending')
    const young = await walk(unlockRelease({ ...reach(cluster, lab, helm), toRevision: 1 }))
    expect(young.findings()).toContain('blocker helm.may-be-at-work')
    const step = await walk(unlockRelease({ ...reach(cluster, lab, helm), toRevision: 1, olderThan: '1ms' }))
    expect(step.findings().filter((finding) => finding.startsWith('blocker'))).toEqual([])
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
    expect((await lab.records()).filter((record) => record.endsWith('deployed'))).toEqual(['3 deployed'])
    expect(JSON.stringify(await lab.world())).not.toContain('r-bad')
  })

  it('that is not pending is not for unlockRelease', async () => {
    const lab = await twoRevisions()
    await expect(walk(unlockRelease({ ...reach(cluster, lab, helm), toRevision: 1 }))).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    })
  })

  it('with a field that another manager owns is refused by Helm 4, which would stop half way', async () => {
    const lab = await twoRevisions()
    await lab.edit('apps/v1', 'deployments/r-api', { spec: { replicas: 2 } })
    const step = await rollbackOn(cluster, lab, helm)
    const blockers = step.findings().filter((finding) => finding.startsWith('blocker'))
    expect(blockers).toEqual(helm === 3 ? [] : ['blocker helm.conflict'])
    if (helm === 4) expect(JSON.stringify(step.preparation.findings)).toContain('.spec.replicas')
  })

  it('changed by hand is shown, goes back, and says what its undo cannot bring back', async () => {
    const lab = await twoRevisions()
    await lab.edit('apps/v1', 'deployments/r-api', { spec: { minReadySeconds: 0, replicas: 2 } })
    const step = await rollbackOn(cluster, lab, helm, { conflicts: 'force' })
    expect(step.findings()).toContain('warning helm.live-drift')
    expect(step.preparation.prepared).toMatchObject({ drift: [`Deployment/${lab.namespace}/r-api: /spec/replicas`] })
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
    expect(await step.compensate()).toMatchObject({ notRestored: [{ what: expect.stringContaining('/spec/replicas') }] })
    expect(await step.probe()).toEqual({ at: 'before' })
  })
})

describe('a release that both lines of Helm have written', () => {
  it('goes back across client-side and server-side apply, and says so', async () => {
    const three = await helmLab({ cluster, helm: 3 })
    await three.install({ replicas: 1, configs: ['good'] })
    const four = await helmLab({ cluster, helm: 4, namespace: three.namespace })
    await four.upgrade({ ...bad, environment: { MODE: 'new' } }, ['--server-side=true', '--force-conflicts'])
    await four.world()
    const step = await rollbackOn(cluster, four, 4)
    expect(step.findings()).toContain('info helm.apply-method')
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
    await step.compensate()
    expect(await step.probe()).toEqual({ at: 'before' })
  })
})
