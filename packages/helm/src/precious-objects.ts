import type { KubernetesObject } from '@backstep/kubernetes'
import { isKept, type ManifestObject } from './manifest.ts'

/** Kinds whose removal takes away more than the object. */
const takesDataAlong: ReadonlySet<string> = new Set(['PersistentVolumeClaim', 'PersistentVolume', 'Namespace', 'CustomResourceDefinition'])

/** True for an object that Helm leaves in the cluster: as its manifest says, or as somebody has annotated it. */
export function isToBeKept(object: ManifestObject, live: KubernetesObject | undefined): boolean {
  return isKept(object) || live?.metadata.annotations?.['helm.sh/resource-policy'] === 'keep'
}

/** True for an object that must not be removed on the way, not even to be made again: what it holds would be lost. */
export function isPrecious(object: ManifestObject, live: KubernetesObject | undefined): boolean {
  return takesDataAlong.has(object.kind) || isToBeKept(object, live)
}

/** True for an object whose removal loses data. */
export function losesData({ kind }: Pick<ManifestObject, 'kind'>): boolean {
  return takesDataAlong.has(kind)
}
