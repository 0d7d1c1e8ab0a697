import { type CheckFactory, defineCheck } from '@backstep/core'
import { type Call, type KubernetesClient, kubernetesContacts, type ObjectRef, shortName } from '@backstep/kubernetes'
import * as z from 'zod'
import { missing, toRollbackError } from './errors.ts'
import { clientOf } from './kubernetes-client.ts'
import { explainRefusal } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { clusterScope, type NamespaceOptions } from './scopes.ts'
import { listAt, objectAt, textAt } from './workload.ts'

export interface EndpointsReadyOptions extends NamespaceOptions {
  /** The name of the Service. */
  readonly service: string
  /** How many ready addresses there have to be. Default 1. */
  readonly atLeast?: number | undefined
  /** Labels that every pod behind the Service has to have: `{ colour: 'blue' }`. Left out: any pod will do. */
  readonly labels?: { readonly [label: string]: string } | undefined
}

/**
 * Whether a Service leads somewhere: enough ready addresses, and behind each of them a pod with the labels that are wanted. One strange pod
 * makes it unhealthy, since users reach it too. It reads what the endpoint controller says, and sends no request.
 */
export const endpointsReady: CheckFactory<EndpointsReadyOptions, KubernetesClient> = defineCheck({
  kind: 'k8s.endpoints-ready',
  options: z.strictObject({
    ...clusterScope,
    service: z.string().min(1),
    atLeast: z.int().min(1).default(1),
    labels: z.record(z.string().min(1), z.string()).default({}),
  }),
  client: clientOf,
  contacts: kubernetesContacts,
  toRollbackError,
  target: ({ context, namespace, service }) => ({ system: context, name: shortName({ namespace, kind: 'Service', name: service }) }),

  sample: ({ options, client }, context) =>
    explainRefusal(client, { needs: permissions.endpointsReady(), namespace: options.namespace, call: context }, async () => {
      const { namespace, service, atLeast, labels } = options
      const ref: ObjectRef = { apiVersion: 'v1', kind: 'Service', namespace, name: service }
      if ((await client.get(ref, context)) === undefined) throw missing(ref)
      const [ready, fitting] = await Promise.all([
        readyAddressesOf(client, { namespace, service }, context),
        podNamesWith(client, namespace, labels, context),
      ])
      const strange = ready.filter(({ pod }) => fitting !== undefined && !fitting.has(pod))
      const evidence = [context.evidence('endpoints', `${ready.length} ready, ${strange.length} strange`, shortName(ref))]
      if (ready.length >= atLeast && strange.length === 0) return { status: 'healthy', evidence }
      const expected = `at least ${atLeast} ready${fitting === undefined ? '' : `, all with ${selectorText(labels)}`}`
      const names = strange.slice(0, 10).map(({ pod, address }) => pod || address)
      const actual = `${ready.length} ready${names.length === 0 ? '' : `, among them ${names.join(', ')}`}`
      return { status: 'unhealthy', evidence, expected, actual }
    }),
})

/** One address that a Service sends requests to. */
export interface ReadyAddress {
  readonly address: string
  /** Empty when no pod is behind it. */
  readonly pod: string
}

/** Those that take requests now. A missing condition counts as ready, as for the proxies. An address in two slices is one. */
export async function readyAddressesOf(
  client: Pick<KubernetesClient, 'list'>,
  { namespace, service }: { readonly namespace: string; readonly service: string },
  call: Call,
): Promise<readonly ReadyAddress[]> {
  const labelSelector = `kubernetes.io/service-name=${service}`
  const slices = await client.list({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', namespace, labelSelector }, call)
  const found = slices
    .flatMap((slice) => listAt(slice, ['endpoints']))
    .filter((endpoint) => objectAt(endpoint, ['conditions'])['ready'] !== false)
    .map((endpoint) => ({ address: textAt(endpoint, ['addresses', 0]) ?? '', pod: textAt(endpoint, ['targetRef', 'name']) ?? '' }))
  return found.filter(({ address, pod }, index) => found.findIndex((one) => one.address === address && one.pod === pod) === index)
}

async function podNamesWith(
  client: Pick<KubernetesClient, 'list'>,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  call: Call,
): Promise<ReadonlySet<string> | undefined> {
  if (Object.keys(labels).length === 0) return undefined
  const pods = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector: selectorText(labels) }, call)
  return new Set(pods.map(({ metadata }) => metadata.name))
}

function selectorText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(',')
}
