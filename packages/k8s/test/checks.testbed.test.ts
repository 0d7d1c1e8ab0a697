import { createHash } from 'node:crypto'
import type { KubernetesClient } from '@backstep/kubernetes'
import { system } from '@backstep/testbed'
import { beforeAll, describe, expect, it } from 'vitest'
import { fewRestarts } from '../src/few-restarts.ts'
import { listRevisions } from '../src/list-revisions.ts'
import { podsReady } from '../src/pods-ready.ts'
import { rolloutMoves } from '../src/rollout-moves.ts'
import { runningDigests } from '../src/running-digests.ts'
import type { WorkloadName } from '../src/workload.ts'
import { ask, sample } from './walk.ts'
import { contextName, create, freshName, release, until, worldOf } from './workloads.ts'
import { broken, good, type Yard, yardIn } from './yard.ts'

const cluster = await system('kubernetes')
let yard: Yard
let admin: KubernetesClient
beforeAll(async () => {
  yard = await yardIn(cluster)
  admin = yard.admin
})

async function deployed(template = good): Promise<{ readonly context: string } & WorkloadName> {
  const workload: WorkloadName = { namespace: yard.namespace, kind: 'Deployment', name: freshName() }
  await create(admin, workload, { template })
  await worldOf(admin, workload)
  return { context: contextName, ...workload }
}

describe('a check', () => {
  it('pods-ready is healthy when all pods are of the template that is asked for, and not before', async () => {
    const options = await deployed()
    expect(await sample(podsReady(options, { client: admin }))).toMatchObject({ status: 'healthy' })
    expect(await sample(podsReady({ ...options, templateHash: 'another' }, { client: admin }))).toMatchObject({ status: 'unhealthy' })
    await release(admin, options, broken)
    await yard.untilBroken(options)
    expect(await sample(podsReady(options, { client: admin }))).toMatchObject({
      status: 'progressing',
      actual: expect.stringContaining('CrashLoopBackOff'),
    })
  })

  it('few-restarts sees restarts and crash loops of the current template, and not those of the one before', async () => {
    const options = await deployed({ ...broken, annotations: { 'testbed/restart-every': '300ms' } })
    const look = () => sample(fewRestarts(options, { client: admin }))
    await until('it was restarted', async () => {
      const verdict = await look()
      return verdict.status === 'unhealthy' && / [3-9] \(Error\)/.test(verdict.actual) ? true : undefined
    })
    await release(admin, options, { image: 'shop/checkout:v2' })
    await worldOf(admin, options)
    expect(await sample(fewRestarts(options, { client: admin }))).toMatchObject({ status: 'healthy' })
    await release(admin, options, broken)
    await yard.untilBroken(options)
    expect(await sample(fewRestarts(options, { client: admin }))).toMatchObject({
      status: 'unhealthy',
      actual: expect.stringContaining('CrashLoopBackOff'),
    })
  })

  it('rollout-moves tells a rollout that is stuck from one that is done', async () => {
    const options = await deployed()
    expect(await sample(rolloutMoves(options, { client: admin }))).toMatchObject({ status: 'healthy' })
    await release(admin, options, { image: 'shop/checkout:missing' })
    await yard.untilBroken(options)
    expect(await sample(rolloutMoves(options, { client: admin }))).toMatchObject({
      status: 'unhealthy',
      actual: expect.stringMatching(/ImagePull/),
    })
  })

  it('running-digests believes the runtime, and nothing is no answer', async () => {
    const options = await deployed()
    const digest = `sha256:${createHash('sha256').update(good.image).digest('hex')}`
    const look = (container: string, wanted: string) =>
      sample(runningDigests({ ...options, digests: { [container]: wanted } }, { client: admin }))
    expect(await look('app', digest)).toMatchObject({ status: 'healthy' })
    expect(await look('app', `sha256:${'0'.repeat(64)}`)).toMatchObject({ status: 'unhealthy' })
    expect(await look('other', digest)).toMatchObject({ status: 'unknown' })
  })
})

describe('the list of revisions', () => {
  it('says what each one was and whether one could go back', async () => {
    const options = await deployed()
    const list = () => ask(listRevisions(options, { client: admin }))
    expect(await list()).toMatchObject({ history: 'none', revisions: [{ revision: '1', isCurrent: true, images: [good.image] }] })
    await release(admin, options, broken)
    await yard.untilBroken(options)
    expect(await list()).toMatchObject({
      history: 'short',
      revisions: [
        { revision: '2', isCurrent: true, goodBecause: '' },
        { revision: '1', goodBecause: '2 of its pods are ready now' },
      ],
    })
  })
})
