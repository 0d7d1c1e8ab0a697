import type { RollbackStep } from '@backstep/core'
import { kubernetesClient, type KubernetesClient } from '@backstep/kubernetes'
import { system } from '@backstep/testbed'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Permission, permissions } from '../src/permissions.ts'
import { enterMaintenance } from '../src/enter-maintenance.ts'
import { pauseRollout } from '../src/pause-rollout.ts'
import { restoreConfigMap } from '../src/restore-config-map.ts'
import { scaleToZero } from '../src/scale-to-zero.ts'
import { setImages } from '../src/set-images.ts'
import { switchService } from '../src/switch-service.ts'
import { undoRollout } from '../src/undo-rollout.ts'
import type { WorkloadName } from '../src/workload.ts'
import { expectSaid } from './least-roles.ts'
import { walk } from './walk.ts'
import { call, contextName, revisionWith } from './workloads.ts'
import { broken, good, type Yard, yardIn } from './yard.ts'

const cluster = await system('kubernetes')
let yard: Yard
beforeAll(async () => {
  yard = await yardIn(cluster)
})

interface Case {
  readonly needs: readonly Permission[]
  readonly ready: () => Promise<(client: KubernetesClient) => RollbackStep>
}

const undo =
  (kind: WorkloadName['kind'], second = { image: 'shop/checkout:v2' }): Case['ready'] =>
  async () => {
    const workload = await yard.released(kind, {}, second)
    if (second === broken) await yard.untilBroken(workload)
    const to = (await revisionWith(yard.admin, workload, good.image)).name
    return (client) => undoRollout({ context: contextName, ...workload, to, stuckPods: 'delete' }, { client })
  }

const digest = `shop/checkout@sha256:${'a'.repeat(64)}`

/** A Deployment with a Service, an Ingress, a ConfigMap and a Secret of its name. */
const shop =
  (make: (name: string, namespace: string, client: KubernetesClient) => RollbackStep): Case['ready'] =>
  async () => {
    const { name, namespace } = await yard.released()
    const metadata = { name, namespace }
    const backend = { service: { name, port: { number: 80 } } }
    const manifests = [
      { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: name }, ports: [{ port: 80 }] } },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: `${name}-front`, namespace },
        spec: { selector: { app: 'before' }, ports: [{ port: 80 }] },
      },
      { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec: { defaultBackend: backend } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mode: 'new' } },
      { apiVersion: 'v1', kind: 'Secret', metadata, data: { password: 'bmV3' } },
    ]
    for (const manifest of manifests) await yard.admin.create({ manifest }, call)
    return (client) => make(name, namespace, client)
  }
const context = contextName

const cases: Readonly<Record<string, Case>> = {
  'set-images': {
    needs: permissions.setImages('Deployment'),
    ready: shop((name, namespace, client) => setImages({ context, namespace, name, images: { app: digest } }, { client })),
  },
  'pause-rollout': {
    needs: permissions.pauseRollout(),
    ready: shop((name, namespace, client) => pauseRollout({ context, namespace, name }, { client })),
  },
  'scale-to-zero': {
    needs: permissions.scaleToZero(['Deployment']),
    ready: shop((name, namespace, client) => scaleToZero({ context, namespace, workloads: [{ name }] }, { client })),
  },
  'switch-service': {
    needs: permissions.switchService(),
    ready: shop((name, namespace, client) =>
      switchService({ context, namespace, name: `${name}-front`, select: { app: name } }, { client }),
    ),
  },
  'enter-maintenance': {
    needs: permissions.enterMaintenance(),
    ready: shop((name, namespace, client) =>
      enterMaintenance({ context, namespace, ingresses: [name], service: { name, port: 8080 } }, { client }),
    ),
  },
  'restore-config-map': {
    needs: permissions.restoreConfigMap(),
    ready: shop((name, namespace, client) => restoreConfigMap({ context, namespace, name, data: { mode: 'old' } }, { client })),
  },
  'undo-rollout of a Deployment': { needs: permissions.undoRollout('Deployment'), ready: undo('Deployment') },
  'undo-rollout of a DaemonSet': { needs: permissions.undoRollout('DaemonSet'), ready: undo('DaemonSet') },
  'undo-rollout of a stuck StatefulSet': {
    needs: permissions.undoRollout('StatefulSet', { deletesPods: true }),
    ready: undo('StatefulSet', broken),
  },
}

async function clientWith(needs: readonly Permission[]): Promise<KubernetesClient> {
  const rules = needs.map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs }))
  const { kubeconfig } = await cluster.asUser({ namespace: yard.namespace, rules })
  return kubernetesClient({ context: contextName, kubeconfig })
}

describe.each(Object.entries(cases))('%s', (_, { needs, ready }) => {
  it('runs, is verified and is put back with exactly the declared Role', async () => {
    const make = await ready()
    const walked = await walk(make(await clientWith(needs)))
    await walked.execute()
    expect(await walked.settle()).toMatchObject({ status: 'healthy' })
    await walked.compensate()
  })

  const fewer = needs.flatMap(({ group, resource, verbs }, rule) => verbs.map((verb) => ({ group, resource, verb, rule })))
  it.each(fewer)('says at preview that it may not $verb $resource', async ({ group, resource, verb, rule }) => {
    const make = await ready()
    const rest = needs
      .map((need, index) => (index === rule ? { ...need, verbs: need.verbs.filter((one) => one !== verb) } : need))
      .filter(({ verbs }) => verbs.length > 0)
    const missing = `${verb} ${resource}${group === '' ? '' : `.${group}`}`
    await expectSaid(walk(make(await clientWith(rest))), verb, missing)
  })
})
