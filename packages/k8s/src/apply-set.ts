import { createHash } from 'node:crypto'
import { type JsonObject, RollbackError } from '@backstep/core'
import { type Call, groupOf, type KubernetesClient, type KubernetesObject, type ObjectKind, type ObjectRef } from '@backstep/kubernetes'
import { objectAt } from './workload.ts'

/** The label by which objects are members of a set. */
const memberLabel = 'applyset.kubernetes.io/part-of'
const kindsAnnotation = 'backstep.dev/set-kinds'

/** A set of applied objects, as ApplySet of Kubernetes (KEP-3659) defines it: a parent object, and a label on each member. */
export interface ApplySet {
  readonly parent: ObjectRef
  readonly id: string
}

export function applySet(namespace: string, name: string): ApplySet {
  const parent = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: `backstep-set-${name}` }
  const digest = createHash('sha256').update(`${parent.name}.${namespace}.ConfigMap.`).digest('base64url')
  return { parent, id: `applyset-${digest}-v1` }
}

/** The manifest with the label of the set: membership is written with the object itself, so there is no list that can disagree with it. */
export function asMember(manifest: JsonObject, { id }: ApplySet): JsonObject {
  const metadata = objectAt(manifest, ['metadata'])
  return { ...manifest, metadata: { ...metadata, labels: { ...objectAt(metadata, ['labels']), [memberLabel]: id } } }
}

/** The parent. It names every kind that members ever had, so that none is forgotten when the target has no object of it any more. */
export function parentManifest({ parent, id }: ApplySet, kinds: readonly ObjectKind[]): JsonObject {
  const { apiVersion, kind, name, namespace } = parent
  const groupKinds = kinds.map((one) => `${one.kind}${groupOf(one.apiVersion) === '' ? '' : `.${groupOf(one.apiVersion)}`}`)
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: namespace ?? '',
      labels: { 'applyset.kubernetes.io/id': id },
      annotations: {
        'applyset.kubernetes.io/tooling': 'backstep/v1',
        'applyset.kubernetes.io/contains-group-kinds': [...new Set(groupKinds)].toSorted().join(','),
        [kindsAnnotation]: kinds.map((one) => `${one.apiVersion}/${one.kind}`).join(','),
      },
    },
  }
}

/** The kinds of a set: those of its parent, then those of the target; each once, in a stable order. */
export function kindsOf(parent: KubernetesObject | undefined, target: readonly ObjectKind[]): readonly ObjectKind[] {
  const known = (parent?.metadata.annotations?.[kindsAnnotation] ?? '').split(',').filter((one) => one.includes('/'))
  const all = [...known, ...target.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`)]
  return [...new Set(all)]
    .toSorted()
    .map((one) => ({ apiVersion: one.slice(0, one.lastIndexOf('/')), kind: one.slice(one.lastIndexOf('/') + 1) }))
}

/** @throws RollbackError `PRECONDITION_FAILED` when something else stands where the parent shall be. */
export function requireOwnSet(parent: KubernetesObject | undefined, { id }: ApplySet): void {
  if (parent === undefined || parent.metadata.labels?.['applyset.kubernetes.io/id'] === id) return
  throw new RollbackError('PRECONDITION_FAILED', `ConfigMap ${parent.metadata.name} is there, and is not the parent of this set`, {
    hint: 'Give the set another name.',
  })
}

export async function membersOf(
  client: Pick<KubernetesClient, 'list'>,
  { id, parent: { namespace } }: ApplySet,
  kinds: readonly ObjectKind[],
  call: Call,
): Promise<readonly KubernetesObject[]> {
  const lists = await Promise.all(kinds.map((kind) => client.list({ ...kind, namespace, labelSelector: `${memberLabel}=${id}` }, call)))
  return lists.flat()
}
