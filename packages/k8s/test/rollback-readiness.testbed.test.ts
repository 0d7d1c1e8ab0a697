import type { JsonObject } from '@backstep/core'
import { kubernetesClient } from '@backstep/kubernetes'
import { system } from '@backstep/testbed'
import { beforeAll, describe, expect, it } from 'vitest'
import { permissions } from '../src/permissions.ts'
import { rollbackReadiness, type RollbackReadiness } from '../src/rollback-readiness.ts'
import { type WorkloadName, workloadRef } from '../src/workload.ts'
import { ask } from './walk.ts'
import { call, contextName, patch, release, until } from './workloads.ts'
import { broken, type Yard, yardIn } from './yard.ts'

const cluster = await system('kubernetes')
let yard: Yard
beforeAll(async () => {
  yard = await yardIn(cluster)
})

const readiness = (workload: WorkloadName, to?: string): Promise<RollbackReadiness> =>
  ask(rollbackReadiness({ context: contextName, ...workload, ...(to === undefined ? {} : { to }) }, { client: yard.admin }))
const codes = ({ reasons }: RollbackReadiness, level = 'blocker') => reasons.filter((one) => one.level === level).map(({ code }) => code)
const makeIn = (where: Yard, apiVersion: string, kind: string, name: string, rest: JsonObject) =>
  where.admin.create({ manifest: { apiVersion, kind, metadata: { name, namespace: where.namespace }, ...rest } }, call)

describe('"could I still roll back?"', () => {
  it('yes, to the one that was good, for so many more releases', async () => {
    const workload = await yard.released('Deployment', { spec: { revisionHistoryLimit: 3 } }, broken)
    await yard.untilBroken(workload)
    const answer = await readiness(workload)
    expect(answer).toMatchObject({ canRollBack: true, releasesLeft: 2, evidence: expect.stringContaining('ready now') })
    expect(answer.notSeen).toEqual(['images in their registries'])
  })

  it('no, when nothing says that any revision was good, or it was deleted with the history', async () => {
    const workload = await yard.released('Deployment', { spec: { revisionHistoryLimit: 0 } })
    await until('the old one is gone', async () => ((await readiness(workload)).target === '' ? true : undefined))
    expect(await readiness(workload)).toMatchObject({ canRollBack: false, releasesLeft: 0 })
    expect(codes(await readiness(workload, 'checkout-gone'))).toEqual(['k8s.no-target'])
  })

  it('outlives exactly as many releases as it says', async () => {
    const workload = await yard.released('Deployment', { spec: { revisionHistoryLimit: 1 } })
    const to = (await yard.find(workload, 'previous')).name
    await until('the second one is complete', async () =>
      (await yard.admin.list({ apiVersion: 'v1', kind: 'Pod', namespace: yard.namespace, labelSelector: `app=${workload.name}` }, call))
        .length === 2
        ? true
        : undefined,
    )
    expect((await readiness(workload, to)).releasesLeft).toBe(0)
    await release(yard.admin, workload, { image: 'shop/checkout:v3' })
    await until('it was deleted', async () => ((await readiness(workload, to)).target === '' ? true : undefined))
  })

  it('no, while it is paused or belongs to somebody else, and what its target needs is gone', async () => {
    const spec = { containers: [{ name: 'app', image: 'shop/checkout:v1', envFrom: [{ configMapRef: { name: 'old-settings' } }] }] }
    const workload = await yard.released('Deployment', {
      template: { image: 'shop/checkout:v1', spec },
      metadata: { annotations: { 'meta.helm.sh/release-name': 'shop' } },
    } as Parameters<Yard['released']>[1])
    const to = (await yard.find(workload, 'previous')).name
    await patch(yard.admin, workloadRef(workload), '/spec/paused', true)
    expect(codes(await readiness(workload, to)).toSorted()).toEqual(['k8s.config-gone', 'k8s.owned-by-helm', 'k8s.paused'])
  })

  it('no, when a StatefulSet waits for a broken pod', async () => {
    const workload = await yard.released('StatefulSet', {}, broken)
    await yard.untilBroken(workload)
    const to = (await yard.find(workload, 'previous')).name
    expect(codes(await readiness(workload, to))).toEqual(['k8s.stuck-pods'])
  })
})

describe('in a crowded namespace', () => {
  it('a full quota stops a rollout that may take no pod away, and only slows another down', async () => {
    const crowded = await yardIn(cluster)
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 }
    const workload = await crowded.released('Deployment', { spec: { strategy: { type: 'RollingUpdate', rollingUpdate } } })
    const to = (await crowded.find(workload, 'previous')).name
    await makeIn(crowded, 'v1', 'ResourceQuota', 'tight', { spec: { hard: { pods: '2' } } })
    await makeIn(crowded, 'policy/v1', 'PodDisruptionBudget', 'all', {
      spec: { minAvailable: 2, selector: { matchLabels: { app: workload.name } } },
    })
    await until('the quota is counted', async () => (codes(await readiness(workload, to)).includes('k8s.quota-full') ? true : undefined))
    await until('the budget is counted', async () =>
      codes(await readiness(workload, to), 'info').includes('k8s.budget-exhausted') ? true : undefined,
    )
    await patch(crowded.admin, workloadRef(workload), '/spec/strategy/rollingUpdate', { maxSurge: 1, maxUnavailable: 1 })
    const answer = await readiness(workload, to)
    expect(codes(answer)).toEqual([])
    expect(codes(answer, 'warning')).toContain('k8s.quota-full')
  })
})

describe('an identity that may not roll back', () => {
  it('is told so, and what could not be seen', async () => {
    const workload = await yard.released('Deployment', {}, broken)
    await yard.untilBroken(workload)
    const rulesOf = (needs: ReturnType<typeof permissions.podsReady>) =>
      needs.map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs }))
    const asked = async (needs: ReturnType<typeof permissions.podsReady>) => {
      const { kubeconfig } = await cluster.asUser({ namespace: yard.namespace, rules: rulesOf(needs) })
      return ask(
        rollbackReadiness({ context: contextName, ...workload }, { client: kubernetesClient({ context: contextName, kubeconfig }) }),
      )
    }
    const little = await asked(permissions.podsReady('Deployment'))
    expect(little).toMatchObject({ canRollBack: false, notSeen: ['quotas', 'disruption budgets', 'images in their registries'] })
    expect(little.reasons.find(({ code }) => code === 'k8s.not-allowed')?.message).toContain('patch deployments.apps')
    const enough = await asked([...permissions.rollbackReadiness('Deployment'), ...permissions.undoRollout('Deployment')])
    expect(enough).toMatchObject({ canRollBack: true, notSeen: ['images in their registries'] })
    await expect(asked([])).rejects.toMatchObject({ code: 'PERMISSION_DENIED', message: expect.stringContaining('get deployments.apps') })
  })
})
