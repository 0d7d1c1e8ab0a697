import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonObject } from '@backstep/core'
import { valueAt, type ObjectRef } from '@backstep/kubernetes'
import { call, type BenchCluster } from './cluster.ts'

export interface Release {
  readonly image: string
  /** How long a pod of it takes to get ready, as `15s`. Default: as the testbed has it. */
  readonly readyDelay?: string
}

export function refOf({ namespace }: BenchCluster, name: string): ObjectRef {
  return { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name }
}

function templateOf(name: string, { image, readyDelay }: Release): JsonObject {
  const annotations: JsonObject = readyDelay === undefined ? {} : { 'testbed/ready-delay': readyDelay }
  return {
    metadata: { labels: { app: name }, annotations },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'app', image }] },
  }
}

export async function create(cluster: BenchCluster, name: string, replicas: number, release: Release): Promise<void> {
  const spec = { replicas, selector: { matchLabels: { app: name } }, template: templateOf(name, release) }
  const metadata = { name, namespace: cluster.namespace }
  await cluster.client.create({ manifest: { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec } }, call)
}

export async function release(cluster: BenchCluster, name: string, next: Release): Promise<void> {
  const operations = [{ op: 'add' as const, path: '/spec/template', value: templateOf(name, next) }]
  await cluster.client.patch({ ...refOf(cluster, name), operations }, call)
}

/** Every pod is of the newest release, ready, and none is left over. */
export async function untilDone(cluster: BenchCluster, name: string, limitMs = 240_000): Promise<void> {
  const end = performance.now() + limitMs
  for (;;) {
    const live = await cluster.client.get(refOf(cluster, name), call)
    const number = (...at: readonly string[]): number => Number(valueAt(live, at) ?? 0)
    const wanted = number('spec', 'replicas')
    const isSeen = number('status', 'observedGeneration') >= number('metadata', 'generation')
    const counts = ['replicas', 'updatedReplicas', 'readyReplicas'].map((count) => number('status', count))
    if (isSeen && counts.every((count) => count === wanted)) return
    if (performance.now() > end) throw new Error(`${name} is not done within ${limitMs} ms`)
    await sleep(100)
  }
}

/** The name of the ReplicaSet of the release with this image. */
export async function revisionOf({ client, namespace }: BenchCluster, name: string, image: string): Promise<string> {
  const sets = await client.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace, labelSelector: `app=${name}` }, call)
  const found = sets.find((set) => valueAt(set, ['spec', 'template', 'spec', 'containers', 0, 'image']) === image)
  if (found === undefined) throw new Error(`${name} has no revision with ${image}`)
  return found.metadata.name
}

/** So many of them at once, and no more. */
export async function forEachAtMost<T>(atOnce: number, values: readonly T[], work: (value: T) => Promise<void>): Promise<void> {
  const rest = values.values()
  const worker = async (): Promise<void> => {
    for (const value of rest) await work(value)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
