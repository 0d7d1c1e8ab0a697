import { type CheckFactory, defineCheck } from '@backstep/core'
import {
  type Call,
  type KubernetesClient,
  kubernetesContacts,
  type KubernetesObject,
  type ObjectRef,
  shortName,
} from '@backstep/kubernetes'
import * as z from 'zod'
import { readyAddressesOf } from './endpoints-ready.ts'
import { missing, toRollbackError } from './errors.ts'
import { clientOf } from './kubernetes-client.ts'
import { explainRefusal } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { clusterScope, type NamespaceOptions } from './scopes.ts'
import { listAt, numberAt, objectAt, textAt } from './workload.ts'

export interface IngressServesOptions extends NamespaceOptions {
  /** The name of the Ingress. */
  readonly name: string
  /** The one Service that everything has to lead to, for example after maintenance. Left out: any. */
  readonly service?: string | undefined
  /** Whether the Ingress has to have an address from its controller. Some controllers never write one. Default `true`. */
  readonly needsAddress?: boolean | undefined
}

/**
 * Whether every way through an Ingress ends at ready pods: it has an address, and each backend is a Service that is there, has the port, and
 * has a ready address. It reads what the controllers say and sends no request; certificates are not looked at.
 */
export const ingressServes: CheckFactory<IngressServesOptions, KubernetesClient> = defineCheck({
  kind: 'k8s.ingress-serves',
  options: z.strictObject({
    ...clusterScope,
    name: z.string().min(1),
    service: z.string().min(1).optional(),
    needsAddress: z.boolean().default(true),
  }),
  client: clientOf,
  contacts: kubernetesContacts,
  toRollbackError,
  target: ({ context, namespace, name }) => ({ system: context, name: shortName({ namespace, kind: 'Ingress', name }) }),

  sample: ({ options, client }, context) =>
    explainRefusal(client, { needs: permissions.ingressServes(), namespace: options.namespace, call: context }, async () => {
      const ref: ObjectRef = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', namespace: options.namespace, name: options.name }
      const live = await client.get(ref, context)
      if (live === undefined) throw missing(ref)
      const backends = backendsOf(live)
      const addresses = listAt(live, ['status', 'loadBalancer', 'ingress'])
      const looks = await Promise.all(backends.map((backend) => problemOf(client, options, backend, context)))
      const problems = [
        ...(options.needsAddress && addresses.length === 0 ? ['no address'] : []),
        ...(backends.length === 0 ? ['no backend'] : []),
        ...looks.filter((problem) => problem !== undefined),
      ]
      const evidence = [context.evidence('backends', backends.map(({ text }) => text).join(', ') || 'none', shortName(ref))]
      if (problems.length === 0) return { status: 'healthy', evidence }
      const expected = options.service === undefined ? 'ready pods behind every path' : `ready pods of ${options.service} behind every path`
      return { status: 'unhealthy', evidence, expected, actual: problems.slice(0, 10).join('; ') }
    }),
})

interface Backend {
  readonly service: string | undefined
  readonly port: number | string | undefined
  /** For people: `checkout:80`. */
  readonly text: string
}

/** Each backend once. */
function backendsOf(live: KubernetesObject): readonly Backend[] {
  const rules = listAt(live, ['spec', 'rules']).flatMap((rule) =>
    listAt(rule, ['http', 'paths']).map((path) => objectAt(path, ['backend'])),
  )
  const fallback = objectAt(live, ['spec', 'defaultBackend'])
  const all = [...(Object.keys(fallback).length === 0 ? [] : [fallback]), ...rules].map((backend) => {
    const service = textAt(backend, ['service', 'name'])
    const port = numberAt(backend, ['service', 'port', 'number']) ?? textAt(backend, ['service', 'port', 'name'])
    return { service, port, text: service === undefined ? 'a resource' : `${service}:${port ?? ''}` }
  })
  return all.filter(({ text }, index) => all.findIndex((other) => other.text === text) === index)
}

async function problemOf(
  client: Pick<KubernetesClient, 'get' | 'list'>,
  { namespace, service: wanted }: Pick<IngressServesOptions, 'namespace' | 'service'>,
  { service, port, text }: Backend,
  call: Call,
): Promise<string | undefined> {
  if (service === undefined) return 'a backend is no Service, and cannot be looked at'
  if (wanted !== undefined && service !== wanted) return `${text} is another Service`
  const live = await client.get({ apiVersion: 'v1', kind: 'Service', namespace, name: service }, call)
  if (live === undefined) return `the Service ${service} does not exist`
  const hasPort = listAt(live, ['spec', 'ports']).some((one) => one['port'] === port || one['name'] === port)
  if (!hasPort) return `the Service ${service} has no port ${port ?? ''}`
  const ready = await readyAddressesOf(client, { namespace, service }, call)
  return ready.length === 0 ? `${text} has no ready address` : undefined
}
