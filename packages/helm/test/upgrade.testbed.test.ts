import type { JsonObject } from '@backstep/core'
import { system } from '@backstep/testbed'
import { describe, expect, it } from 'vitest'
import { rollbackValue, upgradeRelease } from '../src/index.ts'
import { chart, helmLab, type Lab } from './helm-lab.ts'
import { reach, walk } from './step-on-lab.ts'

const cluster = await system('kubernetes')

describe.each([3, 4] as const)('a release under Helm %i', (helm) => {
  async function release(second: JsonObject = {}): Promise<Lab> {
    const lab = await helmLab({ cluster, helm })
    await lab.install({ replicas: 1, environment: { MODE: 'old', LIMIT: '5' } })
    await lab.upgrade({ replicas: 1, image: 'shop/api:v2', environment: { MODE: 'new', LIMIT: '9' }, configs: ['bad'], ...second })
    await lab.world()
    return lab
  }

  it('is upgraded with the values that it has and a few others, proved, and put back', async () => {
    const lab = await release()
    const before = await lab.world()
    const step = await walk(
      upgradeRelease({ ...reach(cluster, lab, helm), chart, set: { image: 'shop/api:v3', 'environment.MODE': 'safe' } }),
    )
    expect(step.findings().filter((finding) => finding.startsWith('blocker'))).toEqual([])
    expect(await step.probe()).toEqual({ at: 'before' })
    expect(JSON.stringify(step.preparation.changes)).toContain('shop/api:v3')
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
    const now = JSON.stringify(await lab.world())
    expect(['shop/api:v3', 'safe', '"9"', 'r-bad'].filter((text) => !now.includes(text))).toEqual([])
    expect(await lab.records()).toEqual(['1 superseded', '2 superseded', '3 deployed'])
    await step.compensate()
    expect(await step.probe()).toEqual({ at: 'before' })
    expect(await lab.world()).toEqual(before)
  })

  it('gets the values of an earlier revision with a chart that is given', async () => {
    const lab = await release()
    const step = await walk(upgradeRelease({ ...reach(cluster, lab, helm), chart, valuesOf: 1 }))
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
    expect(JSON.stringify(await lab.world())).not.toContain('v2')
  })

  it('gets one value back, and keeps everything else', async () => {
    const lab = await release()
    const step = await walk(rollbackValue({ ...reach(cluster, lab, helm), path: 'environment.MODE', toRevision: 1 }))
    expect(step.preparation.changes.filter(({ action }) => action === 'update')).toHaveLength(2)
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
    const now = JSON.stringify(await lab.world())
    expect(['shop/api:v2', 'old', '"9"', 'r-bad'].filter((text) => !now.includes(text))).toEqual([])
    await step.compensate()
    expect(await step.probe()).toEqual({ at: 'before' })
  })

  it('loses a value that the earlier revision did not have', async () => {
    const lab = await release()
    const step = await walk(rollbackValue({ ...reach(cluster, lab, helm), path: 'configs', toRevision: 1 }))
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
    expect(JSON.stringify(await lab.world())).not.toContain('r-bad')
  })

  it('has nothing to change where the value is the same', async () => {
    const lab = await release()
    const step = await walk(rollbackValue({ ...reach(cluster, lab, helm), path: 'replicas', toRevision: 1 }))
    expect(step.preparation.changes).toEqual([])
    expect(await step.probe()).toMatchObject({ at: 'after' })
  })

  it('whose values do not fit the chart is refused before anything is written', async () => {
    const lab = await release()
    const given = { ...reach(cluster, lab, helm), chart, set: { extraObjects: 'no list' } }
    await expect(walk(upgradeRelease(given))).rejects.toMatchObject({ code: 'REJECTED', effect: 'none' })
    await expect(walk(upgradeRelease({ ...given, chart: '/nowhere/chart' }))).rejects.toMatchObject({ code: 'REJECTED', effect: 'none' })
    expect(await lab.records()).toEqual(['1 superseded', '2 deployed'])
  })

  it('whose chart renders something else each time is refused', async () => {
    const lab = await release({ random: true })
    const given = { ...reach(cluster, lab, helm), chart, set: { image: 'shop/api:v3' } }
    await expect(walk(upgradeRelease(given))).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining('each time'),
    })
  })
})
