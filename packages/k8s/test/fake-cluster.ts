import { hashOf, type Json, type JsonObject, RollbackError } from '@backstep/core'
import { type KubernetesClient, type KubernetesObject, type ObjectRef, refOf, valueAt } from '@backstep/kubernetes'
import { objectAt } from '../src/workload.ts'

type Mutable = { [key: string]: Mutable | Json | undefined }

export interface FakeCluster {
  /** Another process's client of the same cluster. */
  connect(): KubernetesClient
  put(manifest: JsonObject): void
  object(ref: ObjectRef): KubernetesObject | undefined
  /** How many writes there were. */
  writes(): number
  /** Every call fails with this, until it is taken back. */
  failWith(error: Error | undefined): void
}

/**
 * An API server in memory, for speed, with a controller of Deployments that is never late: a template has its ReplicaSet and its ready pods at
 * once. What the real controllers do in between is tested on the real ones.
 */
export function fakeCluster(): FakeCluster {
  const objects = new Map<string, KubernetesObject>()
  let version = 0
  let writes = 0
  let failure: Error | undefined
  const keyOf = ({ kind, namespace = '', name }: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): string => `${kind}/${namespace}/${name}`
  const store = (object: JsonObject): KubernetesObject => {
    const { metadata = {}, ...rest } = object as { readonly metadata?: JsonObject }
    const known = objects.get(keyOf(refOf(object)))
    const isSameSpec = hashOf(known?.['spec'] ?? null) === hashOf((rest as JsonObject)['spec'] ?? null)
    const stored = {
      ...rest,
      metadata: {
        uid: `uid-${++version}`,
        creationTimestamp: new Date(version * 1000).toISOString(),
        ...metadata,
        resourceVersion: String(++version),
        generation: (known?.metadata.generation ?? 0) + (isSameSpec ? 0 : 1),
      },
    } as unknown as KubernetesObject
    objects.set(keyOf(refOf(stored)), stored)
    return stored
  }
  const remove = (ref: ObjectRef): void => void objects.delete(keyOf(ref))
  const all = (kind: string, namespace?: string): readonly KubernetesObject[] =>
    [...objects.values()].filter((object) => object.kind === kind && (namespace === undefined || object.metadata.namespace === namespace))
  const write = (object: JsonObject): KubernetesObject => {
    writes++
    const stored = store(object)
    if (stored.kind === 'Deployment') rollOut(stored, { all, store, remove })
    return objects.get(keyOf(refOf(stored))) ?? stored
  }
  const need = (ref: ObjectRef): KubernetesObject => {
    const found = objects.get(keyOf(ref))
    if (found === undefined) throw new RollbackError('TARGET_NOT_FOUND', `${ref.name} does not exist`, { hint: 'Check the name.' })
    return found
  }
  const client: KubernetesClient = {
    get: async (ref) => objects.get(keyOf(ref)),
    list: async ({ kind, namespace, labelSelector = '' }) => all(kind, namespace).filter((object) => isSelected(object, labelSelector)),
    tryPatch: async (request) => patched(need(request), request.operations) as unknown as KubernetesObject,
    patch: async (request) => write(patched(need(request), request.operations)),
    tryApply: async ({ manifest }) => manifest as unknown as KubernetesObject,
    apply: async ({ manifest }) => write(manifest),
    tryCreate: async ({ manifest }) => manifest as unknown as KubernetesObject,
    create: async ({ manifest }) => (objects.has(keyOf(refOf(manifest))) ? undefined : write(manifest)),
    async remove(request) {
      const found = objects.get(keyOf(request))
      if (found === undefined) return 'gone'
      if (found.metadata.uid !== request.uid) return 'replaced'
      writes++
      remove(request)
      return 'removed'
    },
    tryEvict: async () => 'evicted',
    evict: async ({ namespace, pod, uid }) =>
      (await client.remove({ apiVersion: 'v1', kind: 'Pod', namespace, name: pod, uid }, { abortSignal: new AbortController().signal })) ===
      'removed'
        ? 'evicted'
        : 'gone',
    logs: async () => undefined,
    review: async () => true,
    discover: async () => undefined,
    version: async () => 'v1.36.0',
  }
  const connect = (): KubernetesClient =>
    new Proxy(client, {
      get:
        (target, name) =>
        async (...args: unknown[]) => {
          if (failure !== undefined) throw failure
          const { abortSignal } = args.at(-1) as { readonly abortSignal?: AbortSignal }
          if (abortSignal?.aborted === true) throw new RollbackError('ABORTED', 'stopped', { hint: 'Resume.', effect: 'none' })
          return structuredClone(await (Reflect.get(target, name) as (...given: unknown[]) => Promise<unknown>).apply(target, args))
        },
    })
  return {
    connect,
    put: (manifest) => void write(manifest),
    object: (ref) => objects.get(keyOf(ref)),
    writes: () => writes,
    failWith: (error) => void (failure = error),
  }
}

interface Shelf {
  readonly all: (kind: string, namespace?: string) => readonly KubernetesObject[]
  readonly store: (object: JsonObject) => KubernetesObject
  readonly remove: (ref: ObjectRef) => void
}

/** The Deployment controller and the kubelets, at once. */
function rollOut(deployment: KubernetesObject, { all, store, remove }: Shelf): void {
  const { name, namespace = '', uid, generation = 0 } = deployment.metadata
  const template = objectAt(deployment, ['spec', 'template'])
  const isPaused = valueAt(deployment, ['spec', 'paused']) === true
  const owned = all('ReplicaSet', namespace).filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === uid)
  const hash = hashOf(template).slice(0, 8)
  const highest = Math.max(0, ...owned.map(({ metadata }) => Number(metadata.annotations?.['deployment.kubernetes.io/revision'])))
  const newest = owned.find(({ metadata }) => metadata.labels?.['pod-template-hash'] === hash)
  store({ ...deployment, status: { observedGeneration: generation } } as unknown as JsonObject)
  if (isPaused) return
  const labels = { ...(objectAt(template, ['metadata'])['labels'] as JsonObject), 'pod-template-hash': hash }
  const isNewest = newest?.metadata.annotations?.['deployment.kubernetes.io/revision'] === String(highest)
  const replicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      ...newest?.metadata,
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': String(isNewest ? highest : highest + 1) },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true }],
    },
    spec: { template: { ...template, metadata: { ...objectAt(template, ['metadata']), labels } } },
  }
  const stored = store(replicaSet)
  const replicas = Number(valueAt(deployment, ['spec', 'replicas']) ?? 1)
  for (const pod of all('Pod', namespace).filter(({ metadata }) => metadata.labels?.['app'] === labels['app' as never])) remove(refOf(pod))
  for (let index = 0; index < replicas; index++) {
    store({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${name}-${hash}-${index}`,
        namespace,
        labels,
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: stored.metadata.name, uid: stored.metadata.uid, controller: true },
        ],
      },
      spec: objectAt(template, ['spec']),
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    })
  }
}

function isSelected({ metadata: { labels = {} } }: KubernetesObject, selector: string): boolean {
  return selector
    .split(',')
    .filter((part) => part !== '')
    .every((part) => labels[part.split('=')[0] ?? ''] === part.split('=')[1])
}

function patched(live: KubernetesObject, operations: Parameters<KubernetesClient['patch']>[0]['operations']): JsonObject {
  const object = structuredClone(live) as unknown as Mutable
  for (const operation of operations) {
    const segments = operation.path
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = segments.pop() ?? ''
    const parent = segments.reduce<Mutable>((found, segment) => found[segment] as Mutable, object)
    if (operation.op === 'remove') delete parent[last]
    else if (operation.op !== 'test') parent[last] = structuredClone(operation.value)
    else if (hashOf(parent[last] ?? null) !== hashOf(operation.value ?? null))
      throw new RollbackError('DRIFTED', 'a test failed', { hint: 'Look again.' })
  }
  return object as JsonObject
}
