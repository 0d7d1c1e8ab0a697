import type { JsonObject } from '@backstep/core'
import { groupOf, type KubernetesClient, type ObjectKind, type ObjectRef } from '@backstep/kubernetes'
import { call, until } from './workloads.ts'

/** A kind of another project, with what this package needs of its schema. Everything else is kept as it is. */
export interface CustomKind extends ObjectKind {
  readonly resource: string
  readonly spec: JsonObject
  readonly status?: JsonObject
}

const open = (properties: JsonObject): JsonObject => ({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties })

/** Makes the definition of the kind, and waits until the server serves it. Hands back how to take it away. */
export async function install(client: KubernetesClient, kind: CustomKind): Promise<() => Promise<void>> {
  const { apiVersion, resource, spec, status } = kind
  const group = groupOf(apiVersion)
  const name = `${resource}.${group}`
  const schema = { openAPIV3Schema: open({ spec: open(spec), ...(status === undefined ? {} : { status: open(status) }) }) }
  const version = { name: apiVersion.split('/')[1] ?? '', served: true, storage: true, schema }
  const manifest = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: kind.kind, plural: resource, singular: kind.kind.toLowerCase() },
      versions: [status === undefined ? version : { ...version, subresources: { status: {} } }],
    },
  }
  await client.create({ manifest }, call)
  await until(`${name} is served`, async () => client.list({ ...kind, namespace: 'default' }, call).catch(() => undefined))
  const ref: ObjectRef = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name }
  return async () => {
    const live = await client.get(ref, call)
    if (live !== undefined) await client.remove({ ...ref, uid: live.metadata.uid }, call)
  }
}
