import { RollbackError, type Json, type JsonObject } from '@backstep/core'
import { groupOf } from '@backstep/kubernetes'
import { parseAllDocuments } from 'yaml'

/** One object of a manifest. */
export interface ManifestObject {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  /** As the manifest says; `undefined`: that of the release, or none for an object of the whole cluster. */
  readonly namespace: string | undefined
  readonly content: JsonObject
}

/** `apps/Deployment/shop/web`: the same object in every version of its API. */
export function objectKey({ apiVersion, kind, namespace, name }: Omit<ManifestObject, 'content'>, defaultNamespace: string): string {
  return `${groupOf(apiVersion) || 'core'}/${kind}/${namespace ?? defaultNamespace}/${name}`
}

/** Tags of YAML 1.1 that Helm's parser does not know: it leaves times and numbers in base 60 as text. */
const unknownToHelm = new Set(['tag:yaml.org,2002:timestamp'])

/**
 * The objects of a manifest in its order, as Helm reads it: YAML 1.1, empty documents left out, lists unfolded.
 *
 * @throws RollbackError `NOT_SUPPORTED` when it is no YAML, or an object has no kind or name.
 */
export function manifestObjects(manifest: string, what: string): readonly ManifestObject[] {
  const documents = parseAllDocuments(manifest, {
    version: '1.1',
    uniqueKeys: false,
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || !(unknownToHelm.has(tag.tag) || ('format' in tag && tag.format === 'TIME'))),
  })
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document) => {
    if (document.errors.length > 0) throw unreadable(what, `it is no YAML (${document.errors[0]?.code ?? 'unknown'})`)
    const content = document.toJS() as Json
    return content === null ? [] : objectsOf(content, what)
  })
}

function objectsOf(content: Json, what: string): readonly ManifestObject[] {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) throw unreadable(what, 'a document of it is no object')
  const { apiVersion, kind, metadata, items } = content as JsonObject
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') throw unreadable(what, 'an object of it has no apiVersion or kind')
  if (kind.endsWith('List') && Array.isArray(items)) return (items as readonly Json[]).flatMap((item) => objectsOf(item, what))
  const { name, namespace } = (metadata ?? {}) as JsonObject
  if (typeof name !== 'string') throw unreadable(what, `a ${kind} of it has no name`)
  return [
    {
      apiVersion,
      kind,
      name,
      namespace: typeof namespace === 'string' && namespace !== '' ? namespace : undefined,
      content: content as JsonObject,
    },
  ]
}

/** True for an object that Helm leaves in the cluster when a release no longer has it. */
export function isKept({ content }: ManifestObject): boolean {
  const { annotations } = (content['metadata'] ?? {}) as JsonObject
  return ((annotations ?? {}) as JsonObject)['helm.sh/resource-policy'] === 'keep'
}

function unreadable(what: string, why: string): RollbackError {
  return new RollbackError('NOT_SUPPORTED', `The manifest of ${what} cannot be read: ${why}`, {
    hint: 'Look at it with `helm get manifest`; choose another revision or repair the chart.',
  })
}
