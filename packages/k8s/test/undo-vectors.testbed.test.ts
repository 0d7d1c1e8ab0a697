import { hashOf } from '@backstep/core'
import type { KubernetesClient } from '@backstep/kubernetes'
import { system } from '@backstep/testbed'
import { beforeAll, describe, expect, it } from 'vitest'
import { objectAt, readWorkload, templateOf, type WorkloadName, workloadRef } from '../src/workload.ts'
import { call, create, freshName, historyOf, patch, release, revisionWith, until, untilSeen, worldOf } from './workloads.ts'
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
const find: Yard['find'] = (...given) => yard.find(...given)
const imageNow: Yard['imageNow'] = (...given) => yard.imageNow(...given)

describe('which revision', () => {
  it('vector 2: revision 1000000 is not found, and the error names those that there are', async () => {
    const workload = await released()
    const error = await find(workload, { revision: '1000000' }).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'TARGET_NOT_FOUND', message: expect.stringMatching(/it has .+ \(2\), .+ \(1\)/) })
  })

  it('vector 3: a negative revision is not found', async () => {
    await expect(find(await released(), { revision: '-1' })).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  })

  it('vector 5: revisions 9 and 10 are ordered as numbers', async () => {
    const workload = await released()
    for (let number = 3; number <= 10; number++) await release(admin, workload, { image: `shop/checkout:n${number}` })
    expect((await historyOf(admin, workload)).map(({ number }) => number)).toEqual(['10', '9', '8', '7', '6', '5', '4', '3', '2', '1'])
    expect(await find(workload, 'previous')).toMatchObject({ revision: '9', images: ['shop/checkout:n9'] })
  })

  it('vectors 6 and 7: a ReplicaSet without a number counts as 0, one with a strange number is left out', async () => {
    const workload = await released()
    await release(admin, workload, { image: 'shop/checkout:v3' })
    const [, second, first] = await historyOf(admin, workload)
    const replicaSet = (name = '') => ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace, name })
    const at = '/metadata/annotations/deployment.kubernetes.io~1revision'
    await admin.patch({ ...replicaSet(first?.name), operations: [{ op: 'remove', path: at }] }, call)
    await patch(admin, replicaSet(second?.name), at, 'two')
    const history = await historyOf(admin, workload)
    expect(history.map(({ number }) => number)).toEqual(['3', '0'])
    expect(await find(workload, 'previous')).toMatchObject({ name: first?.name })
  })

  it('vector 8: a ReplicaSet of somebody else with the same labels is left out', async () => {
    const workload = await released()
    const owner = await readWorkload(admin, await released(), call)
    const { metadata: _, ...live } = await readWorkload(admin, workload, call)
    const manifest = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${workload.name}-foreign`,
        namespace,
        labels: { app: workload.name },
        annotations: { 'deployment.kubernetes.io/revision': '7' },
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'Deployment', name: owner.metadata.name, uid: owner.metadata.uid, controller: true },
        ],
      },
      spec: { replicas: 0, selector: { matchLabels: { app: workload.name } }, template: objectAt(live, ['spec', 'template']) },
    }
    await admin.create({ manifest }, call)
    expect((await historyOf(admin, workload)).map(({ number }) => number)).toEqual(['2', '1'])
  })

  it('vector 12: a number that a revision had earlier is not found', async () => {
    const workload = await released()
    await release(admin, workload, good)
    await until('the number moves', async () => ((await revisionWith(admin, workload, good.image)).number === '3' ? true : undefined))
    await expect(find(workload, { revision: '1' })).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  })

  it('vector 14: "previous" is refused while the current template has no revision yet', async () => {
    const workload = await released()
    await patch(admin, workloadRef(workload), '/spec/paused', true)
    await patch(admin, workloadRef(workload), '/spec/template/spec/containers/0/image', 'shop/checkout:v3')
    await untilSeen(admin, workload)
    await expect(find(workload, 'previous')).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    await expect(find(workload, 'last-known-good')).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    expect(await find(workload, { revision: '1' })).toMatchObject({ images: [good.image] })
  })

  it('last known good is the newest of which something says that it was good, and the evidence is shown', async () => {
    const workload = await released('Deployment', {}, broken)
    await until(
      'the broken pod is there',
      async () => ((await worldOf(admin, workload))['running'] as readonly object[]).length === 3 || undefined,
    )
    expect(await find(workload, 'last-known-good')).toMatchObject({ images: [good.image], evidence: '2 of its pods are ready now' })
    const other = await released()
    await worldOf(admin, other)
    // The controller counts ready pods of the old release a moment longer than they are there.
    const refused = await until('nothing says of the old release that it was good', () =>
      find(other, 'last-known-good').then(
        () => undefined,
        (error: unknown) => error,
      ),
    )
    expect(refused).toMatchObject({ code: 'TARGET_NOT_FOUND' })
  })

  it('by digest and by release label', async () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const workload: WorkloadName = { namespace, kind: 'Deployment', name: freshName() }
    await create(admin, workload, { template: { image: `shop/checkout@${digest}` } })
    await release(admin, workload, bad)
    expect(await find(workload, { digest })).toMatchObject({ images: [`shop/checkout@${digest}`] })
    await expect(find(workload, { digest: `sha256:${'b'.repeat(64)}` })).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
    await expect(find(workload, { label: { name: 'app', value: workload.name } })).rejects.toMatchObject({ code: 'TARGET_AMBIGUOUS' })
  })

  it('a revision that was removed meanwhile is not found, and one that was prepared still comes back', async () => {
    const workload = await released()
    const walked = await undo(workload)
    const { name, uid } = await revisionWith(admin, workload, good.image)
    await admin.remove({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace, name, uid }, call)
    await expect(undo(workload, { to: name })).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
    expect(await imageNow(workload)).toBe(good.image)
  })
})

describe('the write', () => {
  it('vector 1: undo to what runs changes nothing and sends no patch', async () => {
    const workload = await released()
    const walked = await undo(workload, {}, bad.image)
    expect(walked.preparation).toMatchObject({ changes: [], risk: [] })
    expect(await walked.probe()).toBe('after')
    expect(walked.contacts()).not.toContain('tryPatch')
  })

  it('vectors 9 and 26: only the template is written, without the hash of its ReplicaSet', async () => {
    const workload = await released()
    const before = await readWorkload(admin, workload, call)
    const walked = await undo(workload)
    await walked.execute()
    const after = await readWorkload(admin, workload, call)
    expect(objectAt(after, ['spec', 'template', 'metadata', 'labels'])).toEqual({ app: workload.name })
    expect({ ...objectAt(after, ['spec']), template: '' }).toEqual({ ...objectAt(before, ['spec']), template: '' })
  })

  it('vectors 10 and 11: annotations stay as they are, those of later releases too', async () => {
    const workload = await released()
    await patch(admin, workloadRef(workload), '/metadata/annotations/team', 'payments')
    const walked = await undo(workload)
    await walked.execute()
    expect((await readWorkload(admin, workload, call)).metadata.annotations?.['team']).toBe('payments')
  })

  it('vector 13: going back over a restart is said to take away the mark only', async () => {
    const workload = await released()
    await release(admin, workload, { ...bad, annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-11-22T04:30:00Z' } })
    const { name } = await find(workload, 'previous')
    expect((await undo(workload, { to: name })).findings).toContain('k8s.only-a-restart')
    expect((await undo(workload)).findings).not.toContain('k8s.only-a-restart')
  })

  it('vector 24: fields that nobody here knows survive', async () => {
    const probe = { livenessProbe: { grpc: { port: 9000, service: 'health' } } }
    const workload: WorkloadName = { namespace, kind: 'Deployment', name: freshName() }
    await create(admin, workload, {
      template: { ...good, spec: { containers: [{ name: 'app', image: good.image, ...probe }], shareProcessNamespace: true } },
    })
    const original = hashOf(templateOf(await readWorkload(admin, workload, call)))
    await release(admin, workload, bad)
    await (await undo(workload)).execute()
    expect(hashOf(templateOf(await readWorkload(admin, workload, call)))).toBe(original)
  })

  it('vector 25: of two undos at once the second is refused', async () => {
    const workload = await released()
    await release(admin, workload, { image: 'shop/checkout:v3' })
    const [one, other] = [await undo(workload), await undo(workload, {}, bad.image)]
    const results = await Promise.allSettled([one.execute(), other.execute()])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'DRIFTED', effect: 'none' } })
    expect(await imageNow(workload)).toBe(results[0]?.status === 'fulfilled' ? good.image : bad.image)
  })

  it('a scale and an annotation between preview and run are no drift, and both survive', async () => {
    const workload = await released()
    const walked = await undo(workload)
    await patch(admin, workloadRef(workload), '/spec/replicas', 3)
    await patch(admin, workloadRef(workload), '/metadata/annotations/team', 'payments')
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
    const live = await readWorkload(admin, workload, call)
    expect([objectAt(live, ['spec'])['replicas'], live.metadata.annotations?.['team']]).toEqual([3, 'payments'])
  })

  it('going back puts the whole object back, but for what the server owns and our mark', async () => {
    const workload = await released()
    const before = await readWorkload(admin, workload, call)
    const walked = await undo(workload)
    await walked.execute()
    await walked.compensate()
    const after = await readWorkload(admin, workload, call)
    expect(await walked.probe()).toBe('before')
    expect(after['spec']).toEqual(before['spec'])
    expect(after.metadata.labels).toEqual(before.metadata.labels)
  })

  it('a preview of a Deployment takes five calls', async () => {
    const walked = await undo(await released())
    expect(walked.contacts().toSorted()).toEqual(['get', 'get', 'list', 'review', 'tryPatch'])
  })
})
