import { setTimeout as wait } from 'node:timers/promises'
import type { JsonObject } from '@backstep/core'
import { kubernetesClient, type KubernetesClient, type KubernetesObject, type ObjectRef } from '@backstep/kubernetes'
import type { KubernetesCluster } from '@backstep/testbed'
import { isReady, isTerminating } from '../src/pods.ts'
import { imagesOf, type Revision, revisionsOf } from '../src/revisions.ts'
import {
  isObserved,
  objectAt,
  readWorkload,
  selectorOf,
  templateOf,
  type WorkloadKind,
  type WorkloadName,
  workloadRef,
} from '../src/workload.ts'

export const call = { abortSignal: new AbortController().signal }
export const contextName = 'testbed'

/** The administrator's client: it prepares the world and judges it, past the step and past any proxy. */
export function adminClient(cluster: KubernetesCluster): KubernetesClient {
  return kubernetesClient({ context: contextName, kubeconfig: cluster.kubeconfig })
}

let count = 0
export function freshName(): string {
  return `app-${process.pid}-${++count}`
}

export interface TemplateOptions {
  readonly image: string
  readonly env?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly spec?: JsonObject
}

export function podTemplate(name: string, { image, env = {}, annotations = {}, spec = {} }: TemplateOptions): JsonObject {
  const container = { name: 'app', image, env: Object.entries(env).map(([key, value]) => ({ name: key, value })) }
  return {
    metadata: { labels: { app: name }, annotations: { 'testbed/ready-delay': '20ms', ...annotations } },
    spec: { terminationGracePeriodSeconds: 0, containers: [container], ...spec },
  }
}

export interface WorkloadManifest {
  readonly kind?: WorkloadKind
  readonly template: TemplateOptions
  readonly replicas?: number
  readonly metadata?: JsonObject
  readonly spec?: JsonObject
}

export function manifestOf({ namespace, name }: Pick<WorkloadName, 'namespace' | 'name'>, options: WorkloadManifest): JsonObject {
  const { kind = 'Deployment', template, replicas = 2, metadata = {}, spec = {} } = options
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace, ...metadata },
    spec: {
      selector: { matchLabels: { app: name } },
      ...(kind === 'DaemonSet' ? {} : { replicas }),
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      template: podTemplate(name, template),
      ...spec,
    },
  }
}

/** Makes it and waits until its controller has seen it. */
export async function create(client: KubernetesClient, workload: WorkloadName, options: Omit<WorkloadManifest, 'kind'>): Promise<void> {
  await client.create({ manifest: manifestOf(workload, { ...options, kind: workload.kind }) }, call)
  await untilSeen(client, workload)
}

/** A release as somebody makes it: another template, seen by the controller. */
export async function release(client: KubernetesClient, workload: WorkloadName, template: TemplateOptions): Promise<void> {
  await patch(client, workloadRef(workload), '/spec/template', podTemplate(workload.name, template))
  await untilSeen(client, workload)
}

export async function patch(client: KubernetesClient, ref: ObjectRef, path: string, value: unknown): Promise<KubernetesObject> {
  return client.patch({ ...ref, operations: [{ op: 'add', path, value: value as JsonObject }] }, call)
}

export async function until<T>(what: string, look: () => Promise<T | undefined>, limitMs = 20_000): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (performance.now() > end) throw new Error(`${what} did not happen in ${limitMs} ms`)
    await wait(40)
  }
}

/** The controller has written the history of the current template. A paused Deployment makes none. */
export async function untilSeen(client: KubernetesClient, workload: WorkloadName): Promise<void> {
  await until(`${workload.name} is seen`, async () => {
    const live = await readWorkload(client, workload, call)
    if (!isObserved(live)) return undefined
    const history = await revisionsOf(client, workload, live, call)
    return history.length > 0 || objectAt(live, ['spec'])['paused'] === true ? true : undefined
  })
}

export async function historyOf(client: KubernetesClient, workload: WorkloadName): Promise<readonly Revision[]> {
  return revisionsOf(client, workload, await readWorkload(client, workload, call), call)
}

export async function revisionWith(client: KubernetesClient, workload: WorkloadName, image: string): Promise<Revision> {
  const found = (await historyOf(client, workload)).find(({ template }) => imagesOf(template)[0]?.image === image)
  if (found === undefined) throw new Error(`no revision with ${image}`)
  return found
}

/** What a person would say of a workload: its images, whether it is paused, and what its pods run. It waits until nothing moves any more. */
export async function worldOf(client: KubernetesClient, workload: WorkloadName): Promise<JsonObject> {
  let last = ''
  let calm = 0
  return until(`${workload.name} stands still`, async () => {
    const { world, isDone } = await lookAt(client, workload)
    const text = JSON.stringify(world)
    calm = text === last ? calm + 1 : 0
    last = text
    return isDone || calm >= 12 ? world : undefined
  })
}

async function lookAt(client: KubernetesClient, workload: WorkloadName): Promise<{ readonly world: JsonObject; readonly isDone: boolean }> {
  const live = await readWorkload(client, workload, call)
  const pods = (
    await client.list({ apiVersion: 'v1', kind: 'Pod', namespace: workload.namespace, labelSelector: selectorOf(live) }, call)
  ).filter((pod) => !isTerminating(pod))
  const image = imagesOf(templateOf(live))[0]?.image ?? ''
  const running = pods.map((pod) => ({ image: imagesOf(pod)[0]?.image ?? '', isReady: isReady(pod) }))
  const { replicas } = objectAt(live, ['spec'])
  const wanted = workload.kind === 'DaemonSet' ? objectAt(live, ['status'])['desiredNumberScheduled'] : replicas
  const paused = objectAt(live, ['spec'])['paused'] === true
  const isDone = isObserved(live) && running.length === wanted && running.every((pod) => pod.isReady && pod.image === image)
  const template = templateOf(live)
  return {
    world: { template, paused, replicas: replicas ?? null, running: running.toSorted((a, b) => a.image.localeCompare(b.image)) },
    isDone,
  }
}

/** Gone with everything that it owned, so that the next one of its name starts from nothing. */
export async function removeAndWait(client: KubernetesClient, workload: WorkloadName): Promise<void> {
  const live = await client.get(workloadRef(workload), call)
  if (live === undefined) return
  await client.remove({ ...workloadRef(workload), uid: live.metadata.uid, propagation: 'Foreground' }, call)
  await until(`${workload.name} is gone`, async () => {
    const left = await Promise.all(
      ['Pod', 'ReplicaSet', 'ControllerRevision'].map((kind) =>
        client.list(
          { apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1', kind, namespace: workload.namespace, labelSelector: selectorOf(live) },
          call,
        ),
      ),
    )
    const isGone = (await client.get(workloadRef(workload), call)) === undefined
    return isGone && left.every(({ length }) => length === 0) ? true : undefined
  })
}
