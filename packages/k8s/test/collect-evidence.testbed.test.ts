import type { JsonObject } from '@backstep/core'
import { kubernetesClient, type KubernetesClient } from '@backstep/kubernetes'
import { system } from '@backstep/testbed'
import { beforeAll, describe, expect, it } from 'vitest'
import { collectEvidence, type CollectEvidenceOptions } from '../src/collect-evidence.ts'
import { permissions } from '../src/permissions.ts'
import { walk, type Walk } from './walk.ts'
import { adminClient, call, contextName, create, until, worldOf } from './workloads.ts'

const cluster = await system('kubernetes')
const canary = 'canary-2b9f41'
const context = contextName
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
  const metadata = { name: 'settings', namespace }
  await admin.create({ manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { url: `postgres://${canary}@db` } } }, call)
  await admin.create({ manifest: { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { password: canary } } }, call)
  const workload = { namespace, kind: 'Deployment' as const, name: 'checkout' }
  const spec = {
    containers: [{ name: 'app', image: 'shop/checkout:v1', env: [{ name: 'KEY', value: canary }], args: [`--password=${canary}`] }],
  }
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(spec) }
  await create(admin, workload, { template: { image: 'shop/checkout:v1', spec }, metadata: { annotations } })
  await worldOf(admin, workload)
  const restarting = { image: 'shop/cart:broken', annotations: { 'testbed/restart-every': '200ms' } }
  await create(admin, { ...workload, name: 'cart' }, { template: restarting, replicas: 1 })
  await until('it was restarted', async () => {
    const [pod] = await admin.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector: 'app=cart' }, call)
    const [status] = ((pod?.['status'] as JsonObject | undefined)?.['containerStatuses'] ?? []) as readonly JsonObject[]
    return Number(status?.['restartCount'] ?? 0) > 0 ? true : undefined
  })
})

const longLog = `${'early '.repeat(100)}and the end`
/** No container really runs in this cluster, so the logs are the test's own. */
const withLogs = (client: KubernetesClient): KubernetesClient => ({
  ...client,
  logs: async ({ previous, pod }) => (pod.startsWith('cart') && previous === true ? 'why it died' : longLog),
})
const collect = (options: Partial<CollectEvidenceOptions> = {}, client = withLogs(admin)): Promise<Walk> =>
  walk(collectEvidence({ context, namespace, ...options }, { client }))
const linesOf = ({ context: { kept } }: Walk): readonly JsonObject[] =>
  Buffer.concat(kept.blobs.all())
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject)
const kindsOf = (lines: readonly JsonObject[]): readonly string[] => [
  ...new Set(
    lines
      .flatMap((line) => ((line['object'] ?? line['event']) as JsonObject | undefined)?.['kind'] as string | undefined)
      .filter((kind) => kind !== undefined),
  ),
]

describe('collect-evidence', () => {
  it('keeps manifests, events and the ends of logs, now and before the last restart', async () => {
    const walked = await collect({ logBytes: 11 })
    const lines = linesOf(walked)
    expect(kindsOf(lines)).toEqual(expect.arrayContaining(['Deployment', 'ReplicaSet', 'Pod', 'ConfigMap', 'Event']))
    const logs = lines.filter((line) => line['log'] !== undefined)
    expect(logs.filter(({ log }) => (log as JsonObject)['previous'] === false).every(({ text }) => text === 'and the end')).toBe(true)
    expect(logs.find(({ log }) => (log as JsonObject)['previous'] === true)).toMatchObject({ text: 'why it died' })
    expect(logs).toHaveLength(4)
    expect(walked.preparation.prepared).toMatchObject({ logs: 4, missingLogs: 0, isCut: false })
  })

  it('hides what may be secret, and shows that equal values are equal', async () => {
    const walked = await collect()
    const text = JSON.stringify(linesOf(walked))
    expect(text).not.toContain(canary)
    expect(text).toContain('[hidden ')
    expect(kindsOf(linesOf(walked))).not.toContain('Secret')
  })

  it('changes nothing, and is verified by reading what was kept', async () => {
    const mark = cluster.auditMark()
    const walked = await collect()
    expect(walked.preparation).toMatchObject({ changes: [], guards: [], leases: [], risk: [] })
    expect(await walked.probe()).toBe('after')
    expect(await walked.execute()).toEqual(walked.preparation.prepared)
    expect(await walked.look()).toMatchObject({ status: 'healthy' })
    expect(cluster.auditOf(namespace, mark).filter(({ isWrite, userAgent }) => isWrite && userAgent === 'backstep')).toEqual([])
  })

  it('keeps only what has the labels', async () => {
    const names = linesOf(await collect({ labels: { app: 'cart' } })).flatMap(({ log }) =>
      log === undefined ? [] : [(log as JsonObject)['pod'] as string],
    )
    expect(names.length).toBeGreaterThan(0)
    expect(names.every((name) => name.startsWith('cart'))).toBe(true)
  })

  it('stays within its limit, and says that it was cut', async () => {
    const walked = await collect({ mostBytes: 4096 })
    expect(walked.findings).toEqual(['k8s.evidence-cut'])
    expect(linesOf(walked).at(-1)).toEqual({ cut: 'more than 4096 bytes' })
    expect(walked.preparation.prepared['bytes']).toBeLessThan(4096 + 64)
  })

  it('does not stop a rollback when a log cannot be had', async () => {
    const walked = await collect({ labels: { app: 'checkout' } }, admin)
    expect(walked.preparation.prepared).toMatchObject({ logs: 0, missingLogs: 2 })
    expect(walked.findings).toEqual(['k8s.logs-missing'])
    expect(walked.blockers).toEqual([])
  })

  it('says that a namespace is not there', async () => {
    await expect(collect({ namespace: 'nowhere-at-all' })).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  })
})

describe('with exactly its Role', () => {
  const needs = permissions.collectEvidence()
  const clientWith = async (rules: typeof needs): Promise<KubernetesClient> => {
    const given = rules.map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs }))
    const { kubeconfig } = await cluster.asUser({ namespace, rules: given })
    return kubernetesClient({ context, kubeconfig })
  }

  it('evidence is kept', async () => {
    expect((await collect({}, await clientWith(needs))).preparation.prepared).toMatchObject({ isCut: false })
  })

  it.each(needs)('says at preview that it may not $verbs $resource', async (need) => {
    const client = await clientWith(needs.filter((one) => one !== need))
    await expect(collect({}, client)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      effect: 'none',
      message: expect.stringContaining(`${need.verbs.join()} ${need.resource}`),
    })
  })
})
