import { system } from '@backstep/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manualUndo from '../plans/emergency-undo.ts'
import undoRelease from '../plans/undo-release.ts'
import { brokenRelease, firstRelease, patch, readyImages } from '../story/releases.ts'
import { codes, openScene, type Scene } from './scene.ts'

const cluster = await system('kubernetes')
let scene: Scene
beforeAll(async () => {
  scene = await openScene(cluster)
})
afterAll(() => scene?.end())

const good = 'shop/checkout:v1'
const bad = 'shop/checkout:broken'
async function broken(name: string): Promise<string> {
  await firstRelease(scene.stage, name, good)
  await brokenRelease(scene.stage, name, bad)
  return name
}

describe('undo release', () => {
  it('takes a broken release back, sees its pods well for the window, and says so', async () => {
    const name = await broken('checkout')
    const mark = cluster.auditMark()
    const plan = undoRelease.build(scene.place(name))
    const preview = await scene.runner.preview(plan)
    expect(codes(preview, 'blocker')).toEqual([])
    expect(cluster.auditOf(scene.stage.namespace, mark).filter((entry) => entry.isWrite && entry.user === cluster.adminName)).toEqual([])
    const { view } = await scene.carryOut(plan, { symptom: 'down-or-slow' })
    expect(view).toMatchObject({ outcome: 'succeeded' })
    expect(await readyImages(scene.stage, name)).toEqual([good, good, good])
    expect(scene.delivered).toEqual(['team.message', 'team.message', 'team.report'])
  })

  it('does not touch the release when data is wrong: it stops the writers', async () => {
    const name = await broken('orders')
    const { view } = await scene.carryOut(undoRelease.build(scene.place(name)), { symptom: 'wrong-data' })
    expect(view).toMatchObject({ outcome: 'succeeded' })
    expect(await scene.deployment(name)).toMatchObject({ replicas: 0, template: { spec: { containers: [{ image: bad }] } } })
  })

  it('starts nothing without the second yes', async () => {
    const name = await broken('prices')
    const plan = undoRelease.build(scene.place(name))
    const preview = await scene.runner.preview(plan)
    const view = await scene.runner.run(plan, { approved: preview })
    expect(view).toMatchObject({ state: 'waiting' })
    expect(await scene.deployment(name)).toMatchObject({ template: { spec: { containers: [{ image: bad }] } } })
  })
})

describe('manual undo', () => {
  it('resumes a rollout that somebody paused, in the same write', async () => {
    const name = await broken('paused')
    await patch(scene.stage, name, '/spec/paused', true)
    const { preview, view } = await scene.carryOut(manualUndo.build(scene.place(name)))
    expect(codes(preview, 'info')).toContain('k8s.paused')
    expect(view).toMatchObject({ outcome: 'succeeded' })
    expect(await scene.deployment(name)).not.toHaveProperty('paused')
    expect(await readyImages(scene.stage, name)).toEqual([good, good, good])
  })
})
