import { system } from '@backstep/testbed'
import { recordingContext } from '@backstep/testing'
import { describe, expect, it } from 'vitest'
import { lastGoodRelease } from '../src/index.ts'
import { helmLab } from './helm-lab.ts'
import { reach } from './step-on-lab.ts'

const cluster = await system('kubernetes')

describe.each([3, 4] as const)('a revision whose tests failed, under Helm %i', (helm) => {
  it('is nothing to go back to', async () => {
    const lab = await helmLab({ cluster, helm })
    await lab.install({ replicas: 1 })
    await lab.upgrade({ replicas: 1, image: 'shop/api:v2', hooks: { test: 'fails' } })
    await expect(lab.helm('test', 'r', '--timeout', '20s')).rejects.toThrow('Command failed')
    await lab.upgrade({ replicas: 1, image: 'shop/api:v3' })
    const context = recordingContext()
    const read = { ...context.step, read: context.prepare.read }
    expect(await lastGoodRelease(reach(cluster, lab, helm)).read(read)).toMatchObject({ revision: 1 })
  })
})
