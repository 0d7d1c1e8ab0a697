import { setTimeout as sleep } from 'node:timers/promises'
import { type Check, decideTrigger, evolveTrigger, initialTrigger, requireAutomatic, type TriggerEvent } from '@backstep/core'
import { system } from '@backstep/testbed'
import { recordingContext } from '@backstep/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { automaticUndo } from '../plans/automatic-undo.ts'
import { brokenRelease, firstRelease, readyImages, setImage } from '../story/releases.ts'
import { openScene, type Scene } from './scene.ts'

const cluster = await system('kubernetes')
let scene: Scene
beforeAll(async () => {
  scene = await openScene(cluster)
})
afterAll(() => scene?.end())

const clock = { now: () => Date.now(), sleep: (milliseconds: number) => sleep(milliseconds) }
async function statusOf(check: Check): Promise<'healthy' | 'unhealthy' | 'progressing' | 'unknown'> {
  const { step } = recordingContext({ clock })
  const read = (): never => {
    throw new Error('it uses no outputs')
  }
  return (await check.sample({ ...step, read })).status
}

/** Looks for so many turns, on a clock of its own, and gives back what was decided in the end. */
async function watch(trigger: ReturnType<typeof automaticUndo>, turns: number) {
  let state = initialTrigger(trigger.rules)
  let now = Date.now()
  const tell = (event: TriggerEvent): void => void (state = evolveTrigger(trigger.rules, state, event))
  for (let turn = 0; turn < turns; turn++, now += 30_000) {
    for (const { name, check } of trigger.signals) tell({ type: 'sampled', signal: name, at: now, status: await statusOf(check) })
    if (decideTrigger(trigger.rules, state, now).decision === 'ask-known-good')
      tell({ type: 'known-good.sampled', at: now, status: await statusOf(trigger.knownGood) })
    const decided = decideTrigger(trigger.rules, state, now)
    if (decided.decision === 'start' || decided.decision === 'refuse') return decided
  }
  return undefined
}

describe('automatic undo', () => {
  it('leaves a release alone that works', async () => {
    await firstRelease(scene.stage, 'calm', 'shop/checkout:v1')
    expect(await watch(automaticUndo(scene.place('calm')), 6)).toBeUndefined()
  })

  it('starts by itself when a rollout hangs, and the Deployment is well again', async () => {
    await firstRelease(scene.stage, 'checkout', 'shop/checkout:v1')
    await brokenRelease(scene.stage, 'checkout', 'shop/checkout:missing')
    const trigger = automaticUndo(scene.place('checkout'))
    expect(await watch(trigger, 6)).toMatchObject({ decision: 'start', target: `${scene.stage.namespace}/checkout` })
    const preview = await scene.runner.preview(trigger.run)
    requireAutomatic(trigger, preview.plan)
    expect(await scene.runner.run(trigger.run, { approved: preview })).toMatchObject({ outcome: 'succeeded' })
    expect(await readyImages(scene.stage, 'checkout')).toEqual(Array.from({ length: 3 }, () => 'shop/checkout:v1'))
    expect(scene.delivered).toEqual(['team.message', 'team.page'])
  })

  it('starts nothing when no earlier revision was seen good', async () => {
    await firstRelease(scene.stage, 'new', 'shop/checkout:v1')
    const { client, namespace } = scene.stage
    const sets = await client.list(
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace, labelSelector: 'app=new' },
      { abortSignal: new AbortController().signal },
    )
    const [first] = sets
    if (first === undefined) throw new Error('there is no ReplicaSet')
    await client.patch(
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        namespace,
        name: first.metadata.name,
        operations: [{ op: 'remove', path: '/metadata/annotations/backstep.dev~1seen-good' }],
      },
      { abortSignal: new AbortController().signal },
    )
    await setImage(scene.stage, 'new', 'shop/checkout:missing')
    await brokenRelease(scene.stage, 'new', 'shop/checkout:missing')
    expect(await watch(automaticUndo(scene.place('new')), 6)).toMatchObject({ decision: 'refuse', page: true })
  })
})
