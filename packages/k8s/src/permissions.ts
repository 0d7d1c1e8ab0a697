import type { JsonObject } from '@backstep/core'
import { type WorkloadKind, workloadKinds } from './workload.ts'

/** One rule of a Role. */
export interface Permission {
  readonly group: string
  readonly resource: string
  readonly verbs: readonly string[]
}

const resources = { Deployment: 'deployments', StatefulSet: 'statefulsets', DaemonSet: 'daemonsets' } as const

const rule = (group: string, resource: string, ...verbs: readonly string[]): Permission => ({ group, resource, verbs })
const namespaces = rule('', 'namespaces', 'get')
const pods = rule('', 'pods', 'list')
const autoscalers = rule('autoscaling', 'horizontalpodautoscalers', 'list')
const endpoints = rule('discovery.k8s.io', 'endpointslices', 'list')
const workload = (kind: WorkloadKind, ...verbs: readonly string[]): Permission => rule('apps', resources[kind], 'get', ...verbs)
const history = (kind: WorkloadKind): Permission => rule('apps', kind === 'Deployment' ? 'replicasets' : 'controllerrevisions', 'list')

/** The least that each step, query and check needs in its namespace, by the kind of its workload. */
export const permissions: {
  readonly findRevision: (kind: WorkloadKind) => readonly Permission[]
  readonly listRevisions: (kind: WorkloadKind) => readonly Permission[]
  readonly podsReady: (kind: WorkloadKind) => readonly Permission[]
  /** With `stuckPods: 'delete'`, also `delete pods`. */
  readonly undoRollout: (kind: WorkloadKind, options?: { readonly deletesPods: boolean }) => readonly Permission[]
  /** Also for `restartRollout`. */
  readonly setImages: (kind: WorkloadKind) => readonly Permission[]
  /** Also for `resumeRollout`. */
  readonly pauseRollout: () => readonly Permission[]
  readonly scaleToZero: (kinds: readonly WorkloadKind[]) => readonly Permission[]
  readonly switchService: () => readonly Permission[]
  readonly enterMaintenance: () => readonly Permission[]
  readonly patchSecretKey: () => readonly Permission[]
  readonly restoreConfigMap: () => readonly Permission[]
  /** What it takes to look at the pods of a workload. */
  readonly rolloutLook: (kind: WorkloadKind) => readonly Permission[]
  readonly listPods: () => readonly Permission[]
  readonly listEndpoints: () => readonly Permission[]
  /** In the whole cluster. Also for `uncordonNode`. */
  readonly cordonNode: () => readonly Permission[]
  readonly endpointsReady: () => readonly Permission[]
  readonly ingressServes: () => readonly Permission[]
  /** In the whole cluster. */
  readonly nodesReady: () => readonly Permission[]
  /** For all that it can see. With those of `podsReady` alone it says what it did not see. */
  readonly rollbackReadiness: (kind: WorkloadKind) => readonly Permission[]
  readonly collectEvidence: () => readonly Permission[]
  readonly ensureDeployed: (kind: WorkloadKind) => readonly Permission[]
  readonly restartUnhealthy: (kind: WorkloadKind) => readonly Permission[]
  readonly restoreConfiguration: (what: { readonly configMaps: boolean; readonly secrets: boolean }) => readonly Permission[]
  /** In the namespace of the owner. */
  readonly suspendOwner: (owner: Pick<Permission, 'group' | 'resource'>) => readonly Permission[]
  /** For manifests of these resources. */
  readonly applyManifests: (kinds: readonly Pick<Permission, 'group' | 'resource'>[]) => readonly Permission[]
} = {
  findRevision: (kind) => [workload(kind), history(kind)],
  listRevisions: (kind) => [workload(kind), history(kind)],
  podsReady: (kind) => [workload(kind), history(kind), pods],
  undoRollout: (kind, { deletesPods } = { deletesPods: false }) => [
    namespaces,
    workload(kind, 'patch'),
    history(kind),
    deletesPods ? rule('', 'pods', 'list', 'delete') : pods,
  ],
  setImages: (kind) => [namespaces, workload(kind, 'patch'), history(kind), pods],
  pauseRollout: () => [namespaces, workload('Deployment', 'patch')],
  scaleToZero: (kinds) => [namespaces, ...[...new Set(kinds)].map((kind) => workload(kind, 'patch')), autoscalers, pods],
  switchService: () => [namespaces, rule('', 'services', 'get', 'patch'), pods, endpoints],
  enterMaintenance: () => [namespaces, rule('networking.k8s.io', 'ingresses', 'get', 'patch'), endpoints],
  restoreConfigMap: () => [
    namespaces,
    rule('', 'configmaps', 'get', 'patch'),
    ...workloadKinds.map((kind) => rule('apps', resources[kind], 'get', 'list', 'patch')),
    history('Deployment'),
    history('StatefulSet'),
    pods,
  ],
  patchSecretKey: () => [namespaces, rule('', 'secrets', 'get', 'patch')],
  rolloutLook: (kind) => [history(kind), pods],
  listPods: () => [pods],
  listEndpoints: () => [endpoints],
  cordonNode: () => [rule('', 'nodes', 'get', 'patch')],
  endpointsReady: () => [rule('', 'services', 'get'), endpoints, pods],
  ingressServes: () => [rule('networking.k8s.io', 'ingresses', 'get'), rule('', 'services', 'get'), endpoints],
  nodesReady: () => [rule('', 'nodes', 'list')],
  rollbackReadiness: (kind) => [
    workload(kind),
    history(kind),
    pods,
    rule('', 'configmaps', 'get'),
    rule('', 'secrets', 'get'),
    rule('', 'resourcequotas', 'list'),
    rule('policy', 'poddisruptionbudgets', 'list'),
  ],
  ensureDeployed: (kind) => [namespaces, workload(kind, 'create', 'delete'), history(kind), pods],
  restartUnhealthy: (kind) => [namespaces, workload(kind), history(kind), rule('', 'pods', 'list', 'delete')],
  restoreConfiguration: ({ configMaps, secrets }) => [
    namespaces,
    ...(configMaps ? [rule('', 'configmaps', 'get', 'create', 'patch', 'delete')] : []),
    ...(secrets ? [rule('', 'secrets', 'get', 'create', 'patch', 'delete')] : []),
    ...workloadKinds.map((kind) => rule('apps', resources[kind], 'get', 'list', 'patch')),
    history('Deployment'),
    history('StatefulSet'),
    pods,
  ],
  suspendOwner: ({ group, resource }) => [namespaces, rule(group, resource, 'get', 'patch')],
  applyManifests: (kinds) => {
    const all = [{ group: '', resource: 'configmaps' }, ...kinds]
    const written = all.filter(
      (one, index) => all.findIndex((other) => other.group === one.group && other.resource === one.resource) === index,
    )
    const hasWorkloads = written.some(({ resource }) => Object.values(resources).some((known) => known === resource))
    return [
      namespaces,
      ...written.map(({ group, resource }) => rule(group, resource, 'get', 'list', 'create', 'patch', 'delete')),
      ...(hasWorkloads ? [history('Deployment'), history('StatefulSet'), pods, autoscalers] : []),
    ]
  },
  collectEvidence: () => [
    namespaces,
    rule('', 'pods', 'list'),
    rule('', 'pods/log', 'get'),
    rule('', 'events', 'list'),
    rule('', 'services', 'list'),
    rule('', 'configmaps', 'list'),
    ...workloadKinds.map((kind) => rule('apps', resources[kind], 'list')),
    history('Deployment'),
    history('StatefulSet'),
    endpoints,
    rule('networking.k8s.io', 'ingresses', 'list'),
    autoscalers,
  ],
}

/** A Role with exactly these permissions, as a manifest. */
export function roleOf(
  needs: readonly Permission[],
  { name, namespace }: { readonly name: string; readonly namespace: string },
): JsonObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name, namespace },
    rules: needs.map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs: [...verbs] })),
  }
}
