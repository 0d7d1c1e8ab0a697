import { system } from '@backstep/testbed'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { setImages } from '../src/set-images.ts'
import { readWorkload, templateOf, type WorkloadName } from '../src/workload.ts'
import { admissionWebhook, type AdmissionWebhook } from './admission-webhook.ts'
import { walk } from './walk.ts'
import { call, contextName, create, freshName, release, worldOf } from './workloads.ts'
import { type Yard, yardIn } from './yard.ts'

const cluster = await system('kubernetes')
let yard: Yard
let webhook: AdmissionWebhook | undefined
beforeAll(async () => {
  yard = await yardIn(cluster)
  webhook = await admissionWebhook(cluster, yard.namespace)
})
afterEach(() => webhook?.admits(() => ({ patch: [] })))
afterAll(() => webhook?.close())

/** The first release has a variable that the second lacks. */
async function released(): Promise<WorkloadName> {
  const workload: WorkloadName = { namespace: yard.namespace, kind: 'Deployment', name: freshName() }
  await create(yard.admin, workload, { template: { image: 'shop/checkout:v1', env: { MODE: 'safe' } }, replicas: 1 })
  await worldOf(yard.admin, workload)
  await release(yard.admin, workload, { image: 'shop/checkout:v2' })
  return workload
}
const env = '/spec/template/spec/containers/0/env'
const container = (object: object) =>
  (object as { spec: { template: { spec: { containers: { env?: unknown[]; image: string }[] } } } }).spec.template.spec.containers[0]

describe('a webhook that changes every write', () => {
  it('vector 28: an undo of which it would take a field away is refused before anything is written', async () => {
    const workload = await released()
    webhook?.admits((object) => ({ patch: (container(object)?.env ?? []).length > 0 ? [{ op: 'remove', path: env }] : [] }))
    const asked = webhook?.asked() ?? 0
    const mark = cluster.auditMark()
    const undone = await yard.undo(workload)
    expect(webhook?.asked()).toBeGreaterThan(asked)
    expect(undone.blockers).toEqual(['k8s.field-dropped'])
    expect(JSON.stringify(undone.preparation.findings)).toContain('spec.template.spec.containers')
    expect(cluster.auditOf(yard.namespace, mark).filter(({ isWrite, userAgent }) => isWrite && userAgent === 'backstep')).toEqual([])
    expect(await yard.imageNow(workload)).toBe('shop/checkout:v2')
  })

  it('an undo to which it adds something is shown as it would be stored, runs, is recognised, and is put back', async () => {
    const workload = await released()
    const before = await worldOf(yard.admin, workload)
    webhook?.admits(() => ({ patch: [{ op: 'add', path: '/spec/template/metadata/annotations/mesh', value: 'joined' }] }))
    const undone = await yard.undo(workload)
    expect(undone.blockers).toEqual([])
    expect(await undone.probe()).toBe('before')
    await undone.execute()
    expect(await undone.settle()).toMatchObject({ status: 'healthy' })
    expect(await undone.probe()).toBe('after')
    expect(templateOf(await readWorkload(yard.admin, workload, call))).toMatchObject({ metadata: { annotations: { mesh: 'joined' } } })
    webhook?.admits(() => ({ patch: [] }))
    await undone.compensate()
    expect(await undone.probe()).toBe('before')
    expect(await worldOf(yard.admin, workload)).toEqual(before)
  })

  it('an undo of which it changes a value says which', async () => {
    const workload = await released()
    webhook?.admits(() => ({ patch: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'mirror/checkout:v1' }] }))
    const undone = await yard.undo(workload)
    expect(undone.findings).toContain('k8s.changed-by-admission')
    await undone.execute()
    expect(await undone.settle()).toMatchObject({ status: 'healthy' })
    expect(await yard.imageNow(workload)).toBe('mirror/checkout:v1')
  })

  it('an undo that it refuses is refused at preview, with its name and without its words', async () => {
    const workload = await released()
    webhook?.admits(() => ({ denied: 'canary-of-the-policy' }))
    const refused: unknown = await yard.undo(workload).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'REJECTED', effect: 'none', message: expect.stringContaining(webhook?.name ?? '?') })
    expect(JSON.stringify(refused, Object.getOwnPropertyNames(refused))).not.toContain('canary')
    expect(await yard.imageNow(workload)).toBe('shop/checkout:v2')
  })

  it('that begins to refuse after the preview leaves the workload as it was', async () => {
    const workload = await released()
    const undone = await yard.undo(workload)
    webhook?.admits(() => ({ denied: 'no' }))
    await expect(undone.execute()).rejects.toMatchObject({ code: 'REJECTED', effect: 'none' })
    expect(await undone.probe()).toBe('before')
  })

  it('that begins to change writes after the preview is noticed: what is stored is not what was approved', async () => {
    const workload = await released()
    const undone = await yard.undo(workload)
    webhook?.admits((object) => ({ patch: (container(object)?.env ?? []).length > 0 ? [{ op: 'remove', path: env }] : [] }))
    await undone.execute().catch(() => undefined)
    expect(['elsewhere', 'between', 'unknown']).toContain(await undone.probe())
  })

  it('that rewrites an image shows the one that would be stored', async () => {
    const digest = (digit: string): string => `shop/checkout@sha256:${digit.repeat(64)}`
    const workload = await released()
    webhook?.admits(() => ({ patch: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: digest('e') }] }))
    const { kind: _, ...name } = workload
    const walked = await walk(setImages({ context: contextName, ...name, images: { app: digest('b') } }, { client: yard.admin }))
    expect(JSON.stringify(walked.preparation.changes)).toContain(digest('e'))
    await walked.execute()
    expect(await walked.probe()).toBe('after')
  })
})
