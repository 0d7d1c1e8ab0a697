import { hashOf, type Json, type JsonObject } from '@backstep/core'
import type { Call, KubernetesClient, KubernetesObject } from '@backstep/kubernetes'
import { isControlledBy, listAt, objectAt, selectorOf, textAt, type WorkloadName } from './workload.ts'

const revisionAnnotation = 'deployment.kubernetes.io/revision'
const restartMark = 'kubectl.kubernetes.io/restartedAt'

/** One entry of the history of a workload: a ReplicaSet or a ControllerRevision. */
export interface Revision {
  /** The name of the entry. It stays; the number moves whenever a template is used again. */
  readonly name: string
  readonly uid: string
  /** A 64-bit number, as text. `0` when the entry has none. */
  readonly number: string
  /** The pod template, without what its controller added. */
  readonly template: JsonObject
  /** What its pods carry. */
  readonly podLabel: { readonly key: string; readonly value: string }
  readonly createdAt: string
  readonly labels: { readonly [label: string]: string }
  readonly annotations: { readonly [annotation: string]: string }
  /** Of `kubernetes.io/change-cause`. */
  readonly cause: string | undefined
  /** It was current before, went out of use, and was used again. */
  readonly wasUsedAgain: boolean
  readonly readyPods: number
}

/**
 * The history of a workload, newest first, by number and not by text. As in kubectl, an entry without a number counts as 0, and one whose
 * number cannot be read is left out. Entries of other workloads with the same labels are left out by owner.
 */
export async function revisionsOf(
  client: Pick<KubernetesClient, 'list'>,
  workload: WorkloadName,
  live: KubernetesObject,
  call: Call,
): Promise<readonly Revision[]> {
  const kind = workload.kind === 'Deployment' ? 'ReplicaSet' : 'ControllerRevision'
  const listed = await client.list({ apiVersion: 'apps/v1', kind, namespace: workload.namespace, labelSelector: selectorOf(live) }, call)
  return listed
    .filter((entry) => isControlledBy(entry, live.metadata.uid))
    .flatMap((entry) => revisionIn(entry, workload.kind) ?? [])
    .toSorted((one, other) => compareNumbers(other.number, one.number) || one.createdAt.localeCompare(other.createdAt))
}

function revisionIn(entry: KubernetesObject, kind: WorkloadName['kind']): Revision | undefined {
  const { name, uid, labels = {}, annotations = {}, creationTimestamp = '' } = entry.metadata
  const number = kind === 'Deployment' ? (annotations[revisionAnnotation] ?? '0') : String(entry['revision'] as number)
  if (!/^\d+$/.test(number)) return undefined
  return {
    name,
    uid,
    number,
    template: kind === 'Deployment' ? templateOfReplicaSet(entry) : templateOfControllerRevision(entry),
    podLabel: podLabelOf(entry, kind),
    createdAt: creationTimestamp,
    labels,
    annotations,
    cause: annotations['kubernetes.io/change-cause'] || undefined,
    wasUsedAgain: (annotations['deployment.kubernetes.io/revision-history'] ?? '') !== '',
    readyPods: Number(objectAt(entry, ['status'])['readyReplicas'] ?? 0),
  }
}

function podLabelOf({ metadata: { name, labels = {} } }: KubernetesObject, kind: WorkloadName['kind']): Revision['podLabel'] {
  if (kind === 'Deployment') return { key: 'pod-template-hash', value: labels['pod-template-hash'] ?? '' }
  const value = kind === 'StatefulSet' ? name : (labels['controller-revision-hash'] ?? '')
  return { key: 'controller-revision-hash', value }
}

/** The label with the hash is the controller's own; a Deployment's template must not have it. */
function templateOfReplicaSet(entry: KubernetesObject): JsonObject {
  const template = objectAt(entry, ['spec', 'template'])
  const { 'pod-template-hash': _, ...labels } = objectAt(template, ['metadata', 'labels'])
  return { ...template, metadata: { ...objectAt(template, ['metadata']), labels } }
}

function templateOfControllerRevision(entry: KubernetesObject): JsonObject {
  const { $patch: _, ...template } = objectAt(entry, ['data', 'spec', 'template'])
  return template
}

/** Numbers of 64 bits: as text, 9 would come after 10. */
export function compareNumbers(one: string, other: string): number {
  const difference = BigInt(one) - BigInt(other)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** Equal for templates that differ only by the mark of a restart. */
export function hashWithoutRestart(template: JsonObject): string {
  const { [restartMark]: _, ...annotations } = objectAt(template, ['metadata', 'annotations'])
  const { annotations: __, ...metadata } = objectAt(template, ['metadata'])
  const kept = Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations }
  const { creationTimestamp: ___, ...rest } = kept as JsonObject
  return hashOf({ ...template, metadata: rest as Json })
}

/** An image as the template names it. `digest` is set when it is named by digest. */
export type TemplateImage = { readonly container: string; readonly image: string; readonly digest?: string }

export function imagesOf(template: JsonObject): readonly TemplateImage[] {
  return [...listAt(template, ['spec', 'initContainers']), ...listAt(template, ['spec', 'containers'])].map((container) => {
    const image = textAt(container, ['image']) ?? ''
    const digest = digestOf(image)
    return { container: textAt(container, ['name']) ?? '', image, ...(digest === undefined ? {} : { digest }) }
  })
}

/** `sha256:…` of `registry/app@sha256:…`. */
export function digestOf(image: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1]
}
