import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { system } from '@backstep/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manualUndo from '../plans/emergency-undo.ts'
import switchBack from '../plans/switch-back.ts'
import { call } from '../story/cluster.ts'
import { everybodyAgrees } from '../story/people.ts'
import { brokenRelease, deployment, readyImages, until } from '../story/releases.ts'
import { codes, openScene, type Scene } from './scene.ts'

const cluster = await system('kubernetes')
let scene: Scene
beforeAll(async () => {
  scene = await openScene(cluster)
})
afterAll(() => scene?.end())

const good = 'shop/checkout:v1'
const ready = (name: string): Promise<void> => until(`${name} is ready`, async () => (await readyImages(scene.stage, name)).length === 3)

describe('a Deployment of a Helm release', () => {
  const chart = mkdtempSync(join(tmpdir(), 'backstep-chart-'))
  afterAll(() => rmSync(chart, { recursive: true, force: true }))

  async function helm(verb: 'install' | 'upgrade', image: string): Promise<void> {
    mkdirSync(join(chart, 'templates'), { recursive: true })
    writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: shop\nversion: 1.0.0\n')
    writeFileSync(join(chart, 'templates/deployment.json'), JSON.stringify(deployment(scene.stage.namespace, 'owned', image)))
    const where = ['--kubeconfig', cluster.kubeconfig, '--namespace', scene.stage.namespace]
    await promisify(execFile)(cluster.paths.helm4, [verb, 'shop', chart, ...where])
  }

  it('is not undone behind the back of Helm, whose record would say otherwise', async () => {
    await helm('install', good)
    await ready('owned')
    await helm('upgrade', 'shop/checkout:broken')
    await brokenRelease(scene.stage, 'owned', 'shop/checkout:broken')
    const plan = manualUndo.build(scene.place('owned'))
    const preview = await scene.runner.preview(plan)
    expect(codes(preview, 'blocker')).toEqual(['k8s.owned-by-helm'])
    const run = scene.runner.run(plan, { approved: preview, approvals: everybodyAgrees(preview) })
    await expect(run).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    expect(await scene.deployment('owned')).toMatchObject({ template: { spec: { containers: [{ image: 'shop/checkout:broken' }] } } })
  })
})

describe('switch back', () => {
  const service = () => ({ apiVersion: 'v1', kind: 'Service', namespace: scene.stage.namespace, name: 'shop' })
  const colourServed = async () => (await scene.stage.client.get(service(), call))?.['spec']

  beforeAll(async () => {
    const { client, namespace } = scene.stage
    for (const color of ['blue', 'green']) {
      const name = `shop-${color}`
      await client.create({ manifest: deployment(namespace, name, good, { color }) }, call)
      await ready(name)
    }
    const spec = { selector: { color: 'green' }, ports: [{ port: 80 }] }
    // The label is a trap: it says blue while green is served.
    const metadata = { name: 'shop', namespace, labels: { color: 'blue' } }
    await client.create({ manifest: { apiVersion: 'v1', kind: 'Service', metadata, spec } }, call)
  })

  it('sends traffic to the colour that still runs, and sees only its pods behind the Service', async () => {
    const { view } = await scene.carryOut(switchBack.build({ ...scene.place('shop'), colour: 'blue' }))
    expect(view).toMatchObject({ outcome: 'succeeded' })
    expect(await colourServed()).toMatchObject({ selector: { color: 'blue' } })
  })

  it('sends nobody to a colour that is not ready', async () => {
    const { client, namespace } = scene.stage
    await client.patch(
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        namespace,
        name: 'shop-green',
        operations: [{ op: 'add', path: '/spec/replicas', value: 0 }],
      },
      call,
    )
    await until('green is gone', async () => (await readyImages(scene.stage, 'shop-green')).length === 0)
    const plan = switchBack.build({ ...scene.place('shop'), colour: 'green' })
    const preview = await scene.runner.preview(plan)
    expect(codes(preview, 'blocker')).toEqual(['k8s.no-ready-pods'])
    const run = scene.runner.run(plan, { approved: preview, approvals: everybodyAgrees(preview) })
    await expect(run).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    expect(await colourServed()).toMatchObject({ selector: { color: 'blue' } })
  })
})
