import type { JsonObject } from '@backstep/core'
import { system } from '@backstep/testbed'
import { recordingContext } from '@backstep/testing'
import { describe, expect, it } from 'vitest'
import { releaseHealthy, releaseHistory, rollbackRelease } from '../src/index.ts'
import { helmLab, type Lab } from './helm-lab.ts'
import { reach, rollbackOn, walk } from './step-on-lab.ts'

const cluster = await system('kubernetes')
const bad: JsonObject = { replicas: 1, image: 'shop/api:v2' }
const helm = 4

async function twoRevisions(first: JsonObject = {}, second: JsonObject = {}): Promise<Lab> {
  const lab = await helmLab({ cluster, helm })
  await lab.install({ replicas: 1, ...first })
  await lab.upgrade({ ...bad, ...second })
  await lab.world()
  return lab
}

describe('a preview', () => {
  it('never shows a value of a Secret or of the environment', async () => {
    const secret = (value: string): JsonObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'r-db' },
      stringData: { key: value },
    })
    const lab = await twoRevisions(
      { extraObjects: [secret('canary-one-1')], environment: { DB: 'canary-env-1' } },
      { extraObjects: [secret('canary-two-2')], environment: { DB: 'canary-env-2' } },
    )
    const { preparation } = await rollbackOn(cluster, lab, helm)
    const shown = JSON.stringify(preparation)
    expect(shown).toContain('Secret/r-db')
    for (const value of ['canary-one-1', 'canary-two-2']) {
      expect(shown).not.toContain(value)
      expect(shown).not.toContain(Buffer.from(value).toString('base64'))
    }
    expect(shown).not.toMatch(/canary-env/)
  })

  it('leases the release and every object of both manifests', async () => {
    const lab = await twoRevisions({ configs: ['good'] }, { configs: ['bad'] })
    const { leases } = (await rollbackOn(cluster, lab, helm)).preparation
    expect(leases.map((lease) => lease.replace(/:[0-9a-f-]{36}/, '')).toSorted()).toEqual([
      'helm/r',
      'k8s/apps/Deployment/r-api',
      'k8s/core/ConfigMap/r-bad',
      'k8s/core/ConfigMap/r-good',
      'k8s/core/ConfigMap/r-settings',
    ])
  })

  it('does not take the replicas of an autoscaler for a change by hand', async () => {
    const lab = await twoRevisions()
    await lab.api('POST', 'autoscaling/v2', 'horizontalpodautoscalers', {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'r-api' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'r-api' }, minReplicas: 1, maxReplicas: 5 },
    })
    await lab.edit('apps/v1', 'deployments/r-api', { spec: { replicas: 3 } })
    const step = await rollbackOn(cluster, lab, helm)
    expect(step.preparation.prepared).toMatchObject({ drift: [], ignored: [`Deployment/${lab.namespace}/r-api: /spec/replicas`] })
  })

  it.each([
    ['Flux', { labels: { 'helm.toolkit.fluxcd.io/name': 'checkout', 'helm.toolkit.fluxcd.io/namespace': 'flux-system' } }],
    ['Argo CD', { annotations: { 'argocd.argoproj.io/tracking-id': 'checkout:apps/Deployment:shop/r-api' } }],
  ])('refuses a release that %s would put back, unless it is told that its owner rests', async (_, metadata) => {
    const lab = await twoRevisions()
    await lab.edit('apps/v1', 'deployments/r-api', { metadata })
    expect((await rollbackOn(cluster, lab, helm)).findings()).toContain('blocker helm.owned')
    expect((await rollbackOn(cluster, lab, helm, { whenOwned: 'warn' })).findings()).toContain('warning helm.owned')
  })

  it('refuses a revision whose content is another one than was chosen', async () => {
    const lab = await twoRevisions()
    await expect(rollbackOn(cluster, lab, helm, { digest: 'f'.repeat(64) })).rejects.toMatchObject({ code: 'DRIFTED', effect: 'none' })
  })
})

describe('what cannot be reached', () => {
  const prepare = (options: object): Promise<unknown> =>
    walk(
      rollbackRelease({
        context: 'none',
        kubeconfig: cluster.kubeconfig,
        namespace: 'shop',
        release: 'r',
        toRevision: 1,
        helm: cluster.paths.helm4,
        ...options,
      }),
    ).catch((error: unknown) => error)

  it('is refused before anything happens, with what to do', async () => {
    const lab = await twoRevisions()
    const known = reach(cluster, lab, helm)
    const dead = cluster.kubeconfigFor({ token: cluster.adminToken, url: 'https://127.0.0.1:1' })
    const stranger = cluster.kubeconfigFor({ token: 'expired' })
    const refusals: readonly (readonly [string, object])[] = [
      ['OPTIONS_INVALID', { ...known, kubeconfig: '/nowhere/config' }],
      ['OPTIONS_INVALID', { ...known, context: 'no-such-context' }],
      ['BACKEND_UNAVAILABLE', { ...known, kubeconfig: dead }],
      ['PERMISSION_DENIED', { ...known, kubeconfig: stranger }],
      ['TARGET_NOT_FOUND', { ...known, namespace: 'no-such-namespace' }],
      ['TARGET_NOT_FOUND', { ...known, release: 'no-such-release' }],
      ['TARGET_NOT_FOUND', { ...known, toRevision: 7 }],
      ['TARGET_NOT_FOUND', { ...known, driver: 'configmap' }],
      ['PRECONDITION_FAILED', { ...known, helm: 'no-such-helm' }],
      ['NOT_SUPPORTED', { ...known, helm: '/bin/true' }],
    ]
    for (const [code, options] of refusals) {
      expect(await prepare(options), code).toMatchObject({ code, effect: 'none', hint: expect.stringMatching(/\.$/) })
    }
    expect(await lab.records()).toEqual(['1 superseded', '2 deployed'])
  })
})

describe('a release', () => {
  const read = (context = recordingContext()) => ({ ...context.step, read: context.prepare.read })

  it('is healthy when its objects are as its newest record says and its pods run', async () => {
    const lab = await twoRevisions()
    const check = releaseHealthy(reach(cluster, lab, helm))
    expect(await check.sample(read())).toMatchObject({ status: 'healthy' })
    await lab.edit('apps/v1', 'deployments/r-api', {
      spec: { minReadySeconds: 0, template: { spec: { containers: [{ name: 'api', image: 'shop/api:v7' }] } } },
    })
    expect(await check.sample(read())).toMatchObject({ status: 'unhealthy', actual: expect.stringContaining('containers[api]/image') })
  })

  it('is not healthy while a pod does not come up, and unhealthy when its rollout gave up', async () => {
    const lab = await helmLab({ cluster, helm })
    await lab.install({ replicas: 1, image: 'shop/api:broken' })
    expect(['progressing', 'unhealthy']).toContain((await releaseHealthy(reach(cluster, lab, helm)).sample(read())).status)
  })

  it('is not healthy with other content than was asked for', async () => {
    const lab = await twoRevisions()
    const check = releaseHealthy({ ...reach(cluster, lab, helm), digest: 'f'.repeat(64) })
    expect(await check.sample(read())).toMatchObject({ status: 'unhealthy', expected: 'ffffffffffff' })
  })

  it('tells its history, newest first', async () => {
    const lab = await twoRevisions()
    const { newest, revisions, unreadable } = await releaseHistory(reach(cluster, lab, helm)).read(read())
    expect({ newest, unreadable }).toEqual({ newest: 2, unreadable: [] })
    expect(revisions).toMatchObject([
      { revision: 2, status: 'deployed', chart: 'shop 0.1.0', appVersion: '1.4.2', isCandidate: false },
      { revision: 1, status: 'superseded', isCandidate: true, why: expect.stringContaining('it was deployed from 20') },
    ])
  })
})
