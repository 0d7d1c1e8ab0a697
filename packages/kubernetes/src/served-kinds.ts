import type { ObjectKind, ServedKind } from './client.ts'
import { groupOf } from './resource-name.ts'

/** Kinds that every server of the supported versions serves in the same way, by `kind.group`: their paths need no discovery. */
const wellKnown: Readonly<Record<string, readonly [resource: string, isNamespaced: boolean]>> = {
  'ConfigMap.': ['configmaps', true],
  'Endpoints.': ['endpoints', true],
  'Event.': ['events', true],
  'Namespace.': ['namespaces', false],
  'Node.': ['nodes', false],
  'PersistentVolume.': ['persistentvolumes', false],
  'PersistentVolumeClaim.': ['persistentvolumeclaims', true],
  'Pod.': ['pods', true],
  'ResourceQuota.': ['resourcequotas', true],
  'Secret.': ['secrets', true],
  'Service.': ['services', true],
  'ServiceAccount.': ['serviceaccounts', true],
  'ControllerRevision.apps': ['controllerrevisions', true],
  'DaemonSet.apps': ['daemonsets', true],
  'Deployment.apps': ['deployments', true],
  'ReplicaSet.apps': ['replicasets', true],
  'StatefulSet.apps': ['statefulsets', true],
  'HorizontalPodAutoscaler.autoscaling': ['horizontalpodautoscalers', true],
  'CronJob.batch': ['cronjobs', true],
  'Job.batch': ['jobs', true],
  'Lease.coordination.k8s.io': ['leases', true],
  'EndpointSlice.discovery.k8s.io': ['endpointslices', true],
  'Ingress.networking.k8s.io': ['ingresses', true],
  'NetworkPolicy.networking.k8s.io': ['networkpolicies', true],
  'PodDisruptionBudget.policy': ['poddisruptionbudgets', true],
  'ClusterRole.rbac.authorization.k8s.io': ['clusterroles', false],
  'ClusterRoleBinding.rbac.authorization.k8s.io': ['clusterrolebindings', false],
  'Role.rbac.authorization.k8s.io': ['roles', true],
  'RoleBinding.rbac.authorization.k8s.io': ['rolebindings', true],
}

/** The kind when it is one of those that need no discovery. */
export function wellKnownKind({ apiVersion, kind }: ObjectKind): ServedKind | undefined {
  const [resource, isNamespaced] = wellKnown[`${kind}.${groupOf(apiVersion)}`] ?? []
  return resource === undefined || isNamespaced === undefined ? undefined : { apiVersion, kind, resource, isNamespaced }
}

/** `/apis/apps/v1`, or `/api/v1` for the core group. */
export function versionPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

/** The path of one object, or of all of its kind when no name is given. */
export function objectPath(
  { apiVersion, resource, isNamespaced }: ServedKind,
  { namespace, name }: { readonly namespace?: string | undefined; readonly name?: string },
): string {
  const scope = isNamespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${versionPath(apiVersion)}${scope}/${resource}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`
}
