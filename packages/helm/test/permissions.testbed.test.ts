import { system, type AccessRule } from '@backstep/testbed'
import { describe, expect, it } from 'vitest'
import { rollbackRelease } from '../src/index.ts'
import { contextOf } from './context-of.ts'
import { helmLab, type Lab } from './helm-lab.ts'
import { reach, walk } from './step-on-lab.ts'

const cluster = await system('kubernetes')

/** The Role of the README, for this chart. */
const role: readonly AccessRule[] = [
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'create', 'update', 'delete'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'create', 'patch', 'delete'] },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'create', 'patch', 'delete'] },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['list'] },
]

async function asUser(lab: Lab, helm: 3 | 4, rules: readonly AccessRule[]) {
  const clusterRules = [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get'], resourceNames: [lab.namespace] }]
  const { kubeconfig } = await cluster.asUser({ namespace: lab.namespace, rules, clusterRules })
  return walk(rollbackRelease({ ...reach(cluster, lab, helm), kubeconfig, context: contextOf(kubeconfig), toRevision: 1 }))
}

describe.each([3, 4] as const)('an identity with the Role of the README, under Helm %i', (helm) => {
  async function release(): Promise<Lab> {
    const lab = await helmLab({ cluster, helm })
    await lab.install({ replicas: 1, configs: ['good'] })
    await lab.upgrade({ replicas: 1, image: 'shop/api:v2', configs: ['bad'] })
    await lab.world()
    return lab
  }

  it('can roll back and undo it', async () => {
    const step = await asUser(await release(), helm, role)
    expect(step.findings().filter((finding) => finding.startsWith('blocker'))).toEqual([])
    await step.execute()
    expect(await step.verify()).toMatchObject({ status: 'healthy' })
    await step.compensate()
    expect(await step.probe()).toEqual({ at: 'before' })
  })

  it.each([
    ['delete', 'secrets'],
    ['update', 'secrets'],
    ['patch', 'deployments'],
    ['delete', 'configmaps'],
    ['create', 'configmaps'],
  ])('and without %s of %s is refused at preview, by that name', async (verb, resource) => {
    const less = role.map((rule) =>
      rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) } : rule,
    )
    const { preparation } = await asUser(await release(), helm, less)
    const blockers = (preparation.findings ?? []).filter(({ level }) => level === 'blocker')
    expect(blockers.map(({ code }) => code)).toEqual(['helm.permission'])
    expect(blockers[0]?.message).toContain(`${verb} ${resource}`)
  })
})
