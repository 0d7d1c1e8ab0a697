import { RollbackError } from '@backstep/core'
import type { Call, KubernetesClient, ObjectRef } from './client.ts'

/** The API group of a version: `apps` of `apps/v1`, `''` of `v1`. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
}

/**
 * The global name of an object, the same text in changes, guards and leases of every package: `k8s:<scope>/<group>/<kind>/<name>`. The scope
 * of a namespaced object is the uid of its namespace, which anyone who may view the namespace can read, and which two clusters never share;
 * of an object of the whole cluster it is its own uid. The group is without its version, `core` for the core group.
 */
export function resourceName(scope: string, { apiVersion, kind, name }: Pick<ObjectRef, 'apiVersion' | 'kind' | 'name'>): string {
  return `k8s:${scope}/${groupOf(apiVersion) || 'core'}/${kind}/${name}`
}

/** `shop/Deployment/checkout`, for people. */
export function shortName({ namespace, kind, name }: Omit<ObjectRef, 'apiVersion'>): string {
  return `${namespace === undefined ? '' : `${namespace}/`}${kind}/${name}`
}

/**
 * The uid of a namespace: the scope of the names of everything in it.
 *
 * @throws RollbackError `TARGET_NOT_FOUND` when there is no such namespace.
 */
export async function namespaceUid(client: Pick<KubernetesClient, 'get'>, namespace: string, call: Call): Promise<string> {
  const found = await client.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace }, call)
  if (found !== undefined) return found.metadata.uid
  throw new RollbackError('TARGET_NOT_FOUND', `There is no namespace ${namespace}`, {
    hint: 'Check the context and the namespace, then preview again.',
  })
}
