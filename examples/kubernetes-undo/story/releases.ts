import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonObject } from '@backstep/core'
import { seenGood } from '@backstep/k8s'
import { type KubernetesObject, type ObjectRef, valueAt } from '@backstep/kubernetes'
import { call, type Stage } from './cluster.ts'

/** A Deployment of three pods, as a pipeline makes it. */
export function deployment(namespace: string, name: string, image: string, labels: Readonly<Record<string, string>> = {}): JsonObject {
  const all = { app: name, ...labels }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 3,
      selector: { matchLabels: all },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: { metadata: { labels: all }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image }] } },
    },
  }
}

export function refOf({ namespace }: Stage, name: string): ObjectRef {
  return { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name }
}

/** A first release that works. The pipeline waits until it serves, and then says on its ReplicaSet that it was seen good. */
export async function firstRelease(stage: Stage, name: string, image: string): Promise<void> {
  await stage.client.create({ manifest: deployment(stage.namespace, name, image) }, call)
  await until(`${name} is ready`, async () => (await readyImages(stage, name)).filter((one) => one === image).length === 3)
  const [replicaSet] = await stage.client.list(
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: stage.namespace, labelSelector: `app=${name}` },
    call,
  )
  if (replicaSet === undefined) throw new Error(`${name} has no ReplicaSet`)
  const { name: revision } = replicaSet.metadata
  const annotations = { ...replicaSet.metadata.annotations, [seenGood]: `${revision} after its release` }
  await stage.client.patch(
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      namespace: stage.namespace,
      name: revision,
      operations: [{ op: 'add', path: '/metadata/annotations', value: annotations }],
    },
    call,
  )
}

/** The next release: another image, and nobody waits for it. Resolves when the first pod of it is there and not ready. */
export async function brokenRelease(stage: Stage, name: string, image: string): Promise<void> {
  await setImage(stage, name, image)
  await until(`a pod of ${image} fails`, async () =>
    (await podsOf(stage, name)).some((pod) => imageOf(pod) === image && waitingFor(pod) !== ''),
  )
}

export async function setImage(stage: Stage, name: string, image: string): Promise<void> {
  await patch(stage, name, '/spec/template/spec/containers/0/image', image)
}

export async function patch(stage: Stage, name: string, path: string, value: string | boolean): Promise<void> {
  await stage.client.patch({ ...refOf(stage, name), operations: [{ op: 'add', path, value }] }, call)
}

export async function readyImages(stage: Stage, name: string): Promise<readonly string[]> {
  return (await podsOf(stage, name)).filter(isReady).map(imageOf)
}

/** `v1 ready, broken CrashLoopBackOff`: what a person would see of the pods. */
export async function podsInWords(stage: Stage, name: string): Promise<string> {
  const pods = (await podsOf(stage, name)).map((pod) => `${imageOf(pod)} ${isReady(pod) ? 'ready' : waitingFor(pod) || 'not ready'}`)
  return [...new Set(pods)].map((text) => `${pods.filter((one) => one === text).length} × ${text}`).join(', ')
}

async function podsOf({ client, namespace }: Stage, name: string): Promise<readonly KubernetesObject[]> {
  const pods = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace, labelSelector: `app=${name}` }, call)
  return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
}

function imageOf(pod: KubernetesObject): string {
  const image = valueAt(pod, ['spec', 'containers', 0, 'image'])
  return typeof image === 'string' ? image : ''
}

function waitingFor(pod: KubernetesObject): string {
  const reason = valueAt(pod, ['status', 'containerStatuses', 0, 'state', 'waiting', 'reason'])
  return typeof reason === 'string' && reason !== 'ContainerCreating' ? reason : ''
}

function isReady(pod: KubernetesObject): boolean {
  const conditions = valueAt(pod, ['status', 'conditions'])
  return Array.isArray(conditions) && conditions.some((one) => valueAt(one, ['type']) === 'Ready' && valueAt(one, ['status']) === 'True')
}

export async function until(what: string, isSo: () => Promise<boolean>, limitMs = 60_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${limitMs} ms`)
    await sleep(100)
  }
}
