import { type Finding, type JsonObject, type StepFactory, type Verdict } from '@backstep/core'
import { type Call, type KubernetesClient, type KubernetesObject, namespaceUid, type ObjectRef, resourceName } from '@backstep/kubernetes'
import * as z from 'zod'
import { defineWritesStep, type PlannedWrite, type WritesReceipt } from './define-writes-step.ts'
import { missing } from './errors.ts'
import { writeOf } from './field-writes.ts'
import { ownerFindings, type OwnerKind, ownerKinds } from './owners.ts'
import { permissions } from './permissions.ts'
import { clusterScope, type NamespaceOptions } from './scopes.ts'
import { listAt, objectAt } from './workload.ts'

export interface EnterMaintenanceOptions extends NamespaceOptions {
  /** The Ingresses that users come in by. */
  readonly ingresses: readonly string[]
  /** The Service that answers instead, with 503 and Retry-After. It has to be in the same namespace. */
  readonly service: { readonly name: string; readonly port: number }
  readonly acceptOwners?: readonly OwnerKind[] | undefined
}

/**
 * Sends everything that comes in by some Ingresses to a maintenance Service: hosts, paths, certificates and addresses stay. As the scope of
 * `during`, every backend is put back when the scope is left.
 *
 * Nobody writes through these doors meanwhile. It does not close other doors: calls inside the cluster, queues, jobs.
 */
export const enterMaintenance: StepFactory<EnterMaintenanceOptions, WritesReceipt, 'reversible', KubernetesClient> = defineWritesStep({
  kind: 'k8s.enter-maintenance',
  options: z.strictObject({
    ...clusterScope,
    ingresses: z.array(z.string().min(1)).min(1),
    service: z.strictObject({ name: z.string().min(1), port: z.int().min(1).max(65_535) }),
    acceptOwners: z.array(z.enum(ownerKinds)).default([]),
  }),
  stopsWriters: true,
  layer: 'traffic',
  target: ({ context, namespace, ingresses }) => ({ system: context, name: `${namespace}/Ingress/${ingresses.join(',')}`.slice(0, 200) }),
  needs: ({ namespace }) => ({ needs: permissions.enterMaintenance(), namespace }),

  async plan({ options, client }, context) {
    const scope = await namespaceUid(client, options.namespace, context)
    const [endpoints, ...writes] = await Promise.all([
      readyEndpointsOf(client, options, context),
      ...options.ingresses.map((name) => plannedIngress(client, scope, { ...options, name }, context)),
    ])
    return {
      writes,
      summary: `Answer for ${options.ingresses.join(', ')} with ${options.service.name}`,
      findings: [
        ...serviceFindings(endpoints, options.service.name),
        ...writes.flatMap(({ live }) => ownerFindings(live, options.acceptOwners)),
      ],
    }
  },
  async verify({ options, client }, context): Promise<Verdict> {
    const ready = await readyEndpointsOf(client, options, context)
    const evidence = [context.evidence('endpoints', `${ready} ready`, `Service ${options.service.name}`)]
    return ready > 0
      ? { status: 'healthy', evidence }
      : { status: 'unhealthy', evidence, expected: 'a ready maintenance page', actual: 'no ready endpoint' }
  },
})

async function plannedIngress(
  client: KubernetesClient,
  scope: string,
  { namespace, name, service }: { readonly namespace: string; readonly name: string; readonly service: EnterMaintenanceOptions['service'] },
  call: Call,
): Promise<PlannedWrite> {
  const ref: ObjectRef = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', namespace, name }
  const live = await client.get(ref, call)
  if (live === undefined) throw missing(ref)
  const backend: JsonObject = { service: { name: service.name, port: { number: service.port } } }
  return {
    live,
    write: writeOf(
      live,
      resourceName(scope, ref),
      ref,
      backendsOf(live).map((at) => ({ at, value: backend })),
    ),
  }
}

/** Every place of an Ingress that names where requests go. */
function backendsOf(live: KubernetesObject): readonly (readonly (string | number)[])[] {
  const paths = listAt(live, ['spec', 'rules']).flatMap((rule, index) =>
    listAt(rule, ['http', 'paths']).map((_, path) => ['spec', 'rules', index, 'http', 'paths', path, 'backend']),
  )
  const hasDefault = objectAt(live, ['spec'])['defaultBackend'] !== undefined
  return hasDefault || paths.length === 0 ? [['spec', 'defaultBackend'], ...paths] : paths
}

async function readyEndpointsOf(
  client: KubernetesClient,
  { namespace, service }: Pick<EnterMaintenanceOptions, 'namespace' | 'service'>,
  call: Call,
): Promise<number> {
  const slices = await client.list(
    { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', namespace, labelSelector: `kubernetes.io/service-name=${service.name}` },
    call,
  )
  return slices.flatMap((slice) => listAt(slice, ['endpoints'])).filter((endpoint) => objectAt(endpoint, ['conditions'])['ready'] === true)
    .length
}

function serviceFindings(ready: number, service: string): readonly Finding[] {
  if (ready > 0) return []
  return [
    {
      level: 'blocker',
      code: 'k8s.no-maintenance-page',
      message: `The Service ${service} has no ready endpoint: users would get an error of the proxy`,
      hint: 'Deploy the maintenance page first.',
    },
  ]
}
