import { type Finding, RollbackError, type StepFactory, type Verdict } from '@backstep/core'
import {
  type Call,
  type KubernetesClient,
  type KubernetesObject,
  namespaceUid,
  type ObjectRef,
  resourceName,
  shortName,
} from '@backstep/kubernetes'
import * as z from 'zod'
import { defineWritesStep, type WritesReceipt } from './define-writes-step.ts'
import { missing } from './errors.ts'
import { writeOf } from './field-writes.ts'
import { ownerFindings, type OwnerKind, ownerKinds } from './owners.ts'
import { permissions } from './permissions.ts'
import { isReady, isTerminating } from './pods.ts'
import { clusterScope, type NamespaceOptions } from './scopes.ts'
import { listAt, objectAt, textAt } from './workload.ts'

export interface SwitchServiceOptions extends NamespaceOptions {
  /** The name of the Service. */
  readonly name: string
  /**
   * The labels of its selector that change: `{ color: 'blue' }`. The others stay. What a Service points at is its selector; a label of the Service
   * itself says nothing.
   */
  readonly select: { readonly [label: string]: string }
  readonly acceptOwners?: readonly OwnerKind[] | undefined
}

/**
 * Points a Service at other pods: from green to blue. Refused when no pod of the target is ready, and proved when every ready endpoint is a
 * ready pod of the target, and none is missing.
 */
export const switchService: StepFactory<SwitchServiceOptions, WritesReceipt, 'reversible', KubernetesClient> = defineWritesStep({
  kind: 'k8s.switch-service',
  options: z.strictObject({
    ...clusterScope,
    name: z.string().min(1),
    select: z.record(z.string().min(1), z.string()).refine((labels) => Object.keys(labels).length > 0, 'expected at least one label'),
    acceptOwners: z.array(z.enum(ownerKinds)).default([]),
  }),
  layer: 'traffic',
  target: ({ context, namespace, name }) => ({ system: context, name: shortName({ namespace, kind: 'Service', name }) }),
  needs: ({ namespace }) => ({ needs: permissions.switchService(), unproved: permissions.listEndpoints(), namespace }),

  async plan({ options, client }, context) {
    const [scope, live] = await Promise.all([namespaceUid(client, options.namespace, context), readService(client, options, context)])
    const wanted = { ...selectorIn(live), ...options.select }
    const ready = (await selectedPods(client, options.namespace, wanted, context)).filter((pod) => isReady(pod) && !isTerminating(pod))
    const fields = Object.entries(options.select).map(([label, value]) => ({ at: ['spec', 'selector', label], value }))
    return {
      writes: [{ live, write: writeOf(live, resourceName(scope, serviceRef(options)), serviceRef(options), fields) }],
      summary: `Point ${shortName(serviceRef(options))} at ${textOf(wanted)}`,
      findings: [...readyFindings(ready, wanted), ...ownerFindings(live, options.acceptOwners)],
    }
  },
  async verify({ options, client }, context): Promise<Verdict> {
    const selector = selectorIn(await readService(client, options, context))
    const [pods, slices] = await Promise.all([
      selectedPods(client, options.namespace, selector, context),
      client.list(
        {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          namespace: options.namespace,
          labelSelector: `kubernetes.io/service-name=${options.name}`,
        },
        context,
      ),
    ])
    const wanted = new Set(pods.filter((pod) => isReady(pod) && !isTerminating(pod)).map(({ metadata }) => metadata.uid))
    const served = readyEndpoints(slices)
    const strangers = served.filter((uid) => !wanted.has(uid)).length
    const evidence = [
      context.evidence(
        'endpoints',
        `${served.length} ready, ${strangers} of other pods, ${wanted.size} pods of the target ready`,
        'endpoint slices',
      ),
    ]
    if (wanted.size > 0 && strangers === 0 && served.length === wanted.size) return { status: 'healthy', evidence }
    return {
      status: 'progressing',
      evidence,
      actual: `${served.length} endpoints, ${strangers} of other pods, for ${wanted.size} ready pods of ${textOf(selector)}`,
    }
  },
})

function serviceRef({ namespace, name }: { readonly namespace: string; readonly name: string }): ObjectRef {
  return { apiVersion: 'v1', kind: 'Service', namespace, name }
}

/** @throws RollbackError `NOT_SUPPORTED` for a Service without selector: its endpoints are made by somebody else. */
async function readService(
  client: KubernetesClient,
  options: { readonly namespace: string; readonly name: string },
  call: Call,
): Promise<KubernetesObject> {
  const live = await client.get(serviceRef(options), call)
  if (live === undefined) throw missing(serviceRef(options))
  if (Object.keys(selectorIn(live)).length > 0) return live
  throw new RollbackError('NOT_SUPPORTED', `${shortName(serviceRef(options))} has no selector: somebody else makes its endpoints`, {
    hint: 'Switch where its endpoints are made.',
  })
}

function selectorIn(live: KubernetesObject): Readonly<Record<string, string>> {
  return objectAt(live, ['spec', 'selector']) as Readonly<Record<string, string>>
}

function textOf(selector: Readonly<Record<string, string>>): string {
  return Object.entries(selector)
    .map(([label, value]) => `${label}=${value}`)
    .toSorted()
    .join(',')
}

function selectedPods(
  client: KubernetesClient,
  namespace: string,
  selector: Readonly<Record<string, string>>,
  call: Call,
): Promise<readonly KubernetesObject[]> {
  return client.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector: textOf(selector) }, call)
}

function readyEndpoints(slices: readonly KubernetesObject[]): readonly string[] {
  return [
    ...new Set(
      slices
        .flatMap((slice) => listAt(slice, ['endpoints']))
        .filter((endpoint) => objectAt(endpoint, ['conditions'])['ready'] === true)
        .map((endpoint) => textAt(endpoint, ['targetRef', 'uid']) ?? ''),
    ),
  ]
}

function readyFindings(ready: readonly KubernetesObject[], wanted: Readonly<Record<string, string>>): readonly Finding[] {
  if (ready.length > 0) return []
  return [
    {
      level: 'blocker',
      code: 'k8s.no-ready-pods',
      message: `No pod with ${textOf(wanted)} is ready: traffic would go nowhere`,
      hint: 'Bring the target up first, in the same plan.',
    },
  ]
}
