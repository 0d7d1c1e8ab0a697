import { type JsonObject, RollbackError } from '@backstep/core'
import type { Call, KubernetesClient, KubernetesObject, ListQuery, ObjectKind } from '@backstep/kubernetes'
import { containersOf } from './pods.ts'
import { redacted } from './redact.ts'

/** What is listed of a namespace, in this order. */
export const evidenceKinds: readonly ObjectKind[] = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  { apiVersion: 'apps/v1', kind: 'ControllerRevision' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
]

/** What is kept, and how much of it. */
export interface EvidenceScope {
  readonly namespace: string
  readonly labelSelector: string | undefined
  readonly logBytes: number
  readonly sinceSeconds: number
  readonly mostBytes: number
}

/** What a stream has held so far. */
export interface EvidenceTally {
  objects: number
  logs: number
  missingLogs: number
  isCut: boolean
}

/** A log is read as a whole up to here, since the server cuts its end and the end is what matters. */
const readBytes = 4_194_304

/**
 * One line of JSON for each thing: `{"object": …}`, `{"event": …}`, `{"log": …, "text": …}`. Objects and events come first, then the end of
 * each log, one at a time, so that memory stays small. What is larger than the limit is cut off between two lines, and a last line says so.
 */
export async function* evidenceStream(
  client: Pick<KubernetesClient, 'list' | 'logs'>,
  scope: EvidenceScope,
  tally: EvidenceTally,
  call: Call,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const line of linesOf(client, scope, tally, call)) {
    const encoded = new TextEncoder().encode(`${JSON.stringify(line)}\n`)
    if (bytes + encoded.byteLength > scope.mostBytes) {
      tally.isCut = true
      yield new TextEncoder().encode(`${JSON.stringify({ cut: `more than ${scope.mostBytes} bytes` })}\n`)
      return
    }
    bytes += encoded.byteLength
    yield encoded
  }
}

async function* linesOf(
  client: Pick<KubernetesClient, 'list' | 'logs'>,
  scope: EvidenceScope,
  tally: EvidenceTally,
  call: Call,
): AsyncGenerator<JsonObject> {
  const { namespace, labelSelector } = scope
  const list = (kind: ObjectKind, selector?: string): Promise<readonly KubernetesObject[]> =>
    client.list({ ...kind, namespace, labelSelector: selector } satisfies ListQuery, call)
  for (const kind of evidenceKinds) {
    for (const object of await list(kind, labelSelector)) {
      tally.objects++
      yield { object: redacted(object) }
    }
  }
  const pods = await list({ apiVersion: 'v1', kind: 'Pod' }, labelSelector)
  for (const pod of pods) {
    tally.objects++
    yield { object: redacted(pod) }
  }
  for (const event of await list({ apiVersion: 'v1', kind: 'Event' })) {
    tally.objects++
    yield { event: redacted(event) }
  }
  for (const pod of pods) yield* logsOf(client, pod, scope, tally, call)
}

/** Of each container now, and before its last restart. A log that cannot be had is said to be missing: evidence must not stop a rollback. */
async function* logsOf(
  client: Pick<KubernetesClient, 'logs'>,
  pod: KubernetesObject,
  { namespace, logBytes, sinceSeconds }: EvidenceScope,
  tally: EvidenceTally,
  call: Call,
): AsyncGenerator<JsonObject> {
  for (const { container, restarts } of containersOf(pod)) {
    for (const previous of restarts > 0 ? [false, true] : [false]) {
      const log = { pod: pod.metadata.name, container, previous }
      const text = await textOf(client, { namespace, ...log, sinceSeconds, limitBytes: readBytes }, call)
      if (text === undefined) tally.missingLogs++
      else tally.logs++
      yield text === undefined ? { log, missing: true } : { log, text: text.slice(-logBytes) }
    }
  }
}

async function textOf(
  client: Pick<KubernetesClient, 'logs'>,
  query: Parameters<KubernetesClient['logs']>[0],
  call: Call,
): Promise<string | undefined> {
  try {
    return await client.logs(query, call)
  } catch (cause) {
    if (cause instanceof RollbackError && (cause.code === 'ABORTED' || cause.code === 'PERMISSION_DENIED')) throw cause
    return undefined
  }
}
