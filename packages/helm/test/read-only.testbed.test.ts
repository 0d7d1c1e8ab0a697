import type { RollbackStep } from '@backstep/core'
import { system, type AccessRule } from '@backstep/testbed'
import { describe, expect, it } from 'vitest'
import { rollbackRelease, rollbackValue, upgradeRelease } from '../src/index.ts'
import { reinstallStep } from '../src/reinstall-step.ts'
import { contextOf } from './context-of.ts'
import { chart, helmLab } from './helm-lab.ts'
import { reach, walk } from './step-on-lab.ts'

const cluster = await system('kubernetes')

/** Who may look at everything in the namespace, records included, and change nothing. */
const reads: readonly AccessRule[] = [{ apiGroups: ['', 'apps', 'autoscaling'], resources: ['*'], verbs: ['get', 'list'] }]

type Place = ReturnType<typeof reach>
const steps: Readonly<Record<string, (place: Place) => RollbackStep>> = {
  rollbackRelease: (place) => rollbackRelease({ ...place, toRevision: 1 }),
  upgradeRelease: (place) => upgradeRelease({ ...place, chart, set: { image: 'shop/api:v3' } }),
  rollbackValue: (place) => rollbackValue({ ...place, path: 'image', toRevision: 1 }),
  reinstallRelease: (place) => reinstallStep({ ...place, toRevision: 1 }),
}

describe.each([3, 4] as const)('an identity that may only read, under Helm %i', (helm) => {
  it('gets a preview with the verbs that are missing, for every step', async () => {
    const lab = await helmLab({ cluster, helm })
    await lab.install({ replicas: 1, configs: ['good'] })
    await lab.upgrade({ replicas: 1, image: 'shop/api:v2', configs: ['bad'] })
    await lab.world()
    const clusterRules = [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get'], resourceNames: [lab.namespace] }]
    const { kubeconfig } = await cluster.asUser({ namespace: lab.namespace, rules: reads, clusterRules })
    const place = { ...reach(cluster, lab, helm), kubeconfig, context: contextOf(kubeconfig) }
    for (const [name, make] of Object.entries(steps)) {
      const { preparation } = await walk(make(place))
      const blockers = (preparation.findings ?? []).filter(({ level }) => level === 'blocker')
      expect({ name, codes: [...new Set(blockers.map(({ code }) => code))] }).toEqual({ name, codes: ['helm.permission'] })
      const missing = blockers.map(({ message }) => /may not (\S+ \S+)/.exec(message)?.[1])
      expect({ name, missing }).toMatchObject({
        name,
        missing: expect.arrayContaining(['create secrets', 'update secrets', 'delete secrets']),
      })
      expect(preparation.changes.length).toBeGreaterThan(0)
    }
    expect(await lab.records()).toEqual(['1 superseded', '2 deployed'])
  })
})
