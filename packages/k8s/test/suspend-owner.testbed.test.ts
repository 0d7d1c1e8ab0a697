import type { JsonObject } from '@backstep/core'
import { kubernetesClient, type KubernetesClient, type ObjectRef } from '@backstep/kubernetes'
import { sampled, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { permissions } from '../src/permissions.ts'
import { suspendOwner, type SuspendableKind } from '../src/suspend-owner.ts'
import { objectAt } from '../src/workload.ts'
import { type CustomKind, install } from './custom-kinds.ts'
import { expectSaid } from './least-roles.ts'
import { remove, stepBench } from './step-bench.ts'
import { walk } from './walk.ts'
import { adminClient, call, contextName, freshName, patch } from './workloads.ts'

const cluster = await system('kubernetes')
const context = contextName
const suspendFlag = { suspend: { type: 'boolean' } }
const syncPolicy = {
  syncPolicy: {
    type: 'object',
    properties: { automated: { type: 'object', properties: { prune: { type: 'boolean' }, selfHeal: { type: 'boolean' } } } },
  },
}
const owners: Readonly<Record<SuspendableKind, CustomKind & { readonly was: JsonObject; readonly metadata?: JsonObject }>> = {
  'flux-kustomization': {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    resource: 'kustomizations',
    spec: suspendFlag,
    was: { suspend: false },
  },
  'flux-helm-release': {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    resource: 'helmreleases',
    spec: suspendFlag,
    was: {},
  },
  'argo-cd-application': {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    resource: 'applications',
    spec: syncPolicy,
    was: { syncPolicy: { automated: { prune: true, selfHeal: true } } },
  },
  'keda-scaled-object': { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', resource: 'scaledobjects', spec: {}, was: {} },
}

let admin: KubernetesClient
let namespace = ''
let takeAway: readonly (() => Promise<void>)[] = []
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
  takeAway = await Promise.all(Object.values(owners).map((kind) => install(admin, kind)))
})
afterAll(async () => {
  await Promise.all(takeAway.map((away) => away()))
})

const refOf = (owner: SuspendableKind, name: string): ObjectRef => ({
  apiVersion: owners[owner].apiVersion,
  kind: owners[owner].kind,
  namespace,
  name,
})
async function make(owner: SuspendableKind, name: string, more: JsonObject = {}): Promise<void> {
  const { apiVersion, kind, was } = owners[owner]
  await admin.create({ manifest: { apiVersion, kind, metadata: { name, namespace, ...more }, spec: was } }, call)
}

testRollbackStep({
  name: 'suspend-owner of an Argo CD Application',
  describe,
  it,
  every: sampled(8),
  setUp: async () => {
    const ref = refOf('argo-cd-application', 'owner-shop')
    await make('argo-cd-application', 'owner-shop')
    return stepBench({
      cluster,
      namespace,
      named: 'owner-',
      make: (connection, client) =>
        suspendOwner({ ...connection, namespace, owner: 'argo-cd-application', name: 'owner-shop' }, { client, timeout: '3m' }),
      world: async () => objectAt(await admin.get(ref, call), ['spec']),
      drift: () => patch(admin, ref, '/spec/syncPolicy', { automated: { prune: false } }),
      tearDown: () => remove(admin, ref),
    })
  },
})

describe('suspend-owner', () => {
  const all = Object.keys(owners) as SuspendableKind[]
  it.each(all)('suspends %s with exactly its Role, and lets it go on as it was', async (owner) => {
    const name = freshName()
    await make(owner, name)
    const { apiVersion, resource } = owners[owner]
    const needs = permissions.suspendOwner({ group: apiVersion.split('/')[0] ?? '', resource })
    const rules = needs.map((need) => ({ apiGroups: [need.group], resources: [need.resource], verbs: [...need.verbs] }))
    const { kubeconfig } = await cluster.asUser({ namespace, rules })
    const client = kubernetesClient({ context, kubeconfig })
    const look = async (): Promise<JsonObject> => {
      const live = await admin.get(refOf(owner, name), call)
      const paused = live?.metadata.annotations?.['autoscaling.keda.sh/paused'] ?? null
      return { spec: objectAt(live, ['spec']), paused }
    }
    const before = await look()
    const walked = await walk(suspendOwner({ context, namespace, owner, name }, { client }))
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
    const suspended = { suspend: true }
    const wanted =
      owner === 'argo-cd-application'
        ? { spec: { syncPolicy: {} } }
        : owner === 'keda-scaled-object'
          ? { paused: 'true' }
          : { spec: suspended }
    expect(await look()).toMatchObject(wanted)
    await walked.compensate()
    expect(await look()).toEqual(before)
  })

  it('says at preview that it may not patch', async () => {
    const name = freshName()
    await make('flux-kustomization', name)
    const rules = [
      { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
      { apiGroups: ['kustomize.toolkit.fluxcd.io'], resources: ['kustomizations'], verbs: ['get'] },
    ]
    const { kubeconfig } = await cluster.asUser({ namespace, rules })
    const client = kubernetesClient({ context, kubeconfig })
    const walked = walk(suspendOwner({ context, namespace, owner: 'flux-kustomization', name }, { client }))
    await expectSaid(walked, 'patch', 'patch kustomizations.kustomize.toolkit.fluxcd.io')
  })

  it('changes nothing of one that is suspended already, and says when it is itself owned', async () => {
    const name = freshName()
    await make('flux-helm-release', name, { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } })
    await patch(admin, refOf('flux-helm-release', name), '/spec/suspend', true)
    const walked = await walk(suspendOwner({ context, namespace, owner: 'flux-helm-release', name }, { client: admin }))
    expect(walked.preparation).toMatchObject({ changes: [], risk: [] })
    expect(walked.findings).toEqual(['k8s.owner-is-owned'])
  })

  it('refuses an owner that does not exist', async () => {
    const gone = walk(suspendOwner({ context, namespace, owner: 'flux-kustomization', name: 'gone' }, { client: admin }))
    await expect(gone).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND', effect: 'none' })
  })
})
