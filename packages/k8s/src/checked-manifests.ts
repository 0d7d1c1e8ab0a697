import { type Finding, type JsonObject, RollbackError } from '@backstep/core'
import { resourceName, shortName } from '@backstep/kubernetes'
import type { FoundManifest } from './read-manifests.ts'
import { manifestOf } from './whole-objects.ts'
import { listAt, objectAt, textAt } from './workload.ts'

const podSpecs: readonly (readonly string[])[] = [
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  ['spec'],
]
const isDigest = /^[^\s@]+@sha256:[0-9a-f]{64}$/

/**
 * The manifests as they may be applied: in their namespace, without what only a server writes.
 *
 * @throws RollbackError `OPTIONS_INVALID` naming the manifest and its field: no object, another namespace, twice the same, a Secret, an image by tag.
 */
export function checkedManifests(
  found: readonly FoundManifest[],
  { namespace, tags }: { readonly namespace: string; readonly tags: 'refuse' | 'allow' },
): readonly JsonObject[] {
  const seen = new Map<string, string>()
  return found.map(({ manifest, where }) => {
    const [kind, apiVersion, name] = [textAt(manifest, ['kind']), textAt(manifest, ['apiVersion']), textAt(manifest, ['metadata', 'name'])]
    const own = textAt(manifest, ['metadata', 'namespace'])
    if (!kind || !apiVersion) throw refused(where, 'it has no kind or no apiVersion', 'Correct it')
    if (!name) throw refused(where, `${kind} has no metadata.name`, 'Name it: what has no name cannot be put back')
    const who = shortName({ kind, name })
    if (own !== undefined && own !== namespace)
      throw refused(where, `${who} is of namespace ${own}, and the step writes into ${namespace}`, 'Give it a step of its own')
    if (kind === 'Secret' && apiVersion === 'v1')
      throw refused(where, `${who}: values of Secrets must not stand in a plan`, 'Take it out, and restore it with restoreConfiguration')
    const key = resourceName(namespace, { apiVersion, kind, name })
    if (seen.has(key)) throw refused(where, `${who} stands in ${seen.get(key)} too`, 'Take one of them out')
    seen.set(key, where)
    const [tagged] = taggedImages(manifest)
    if (tags === 'refuse' && tagged !== undefined)
      throw refused(
        where,
        `${who} runs ${tagged}, which may be another image tomorrow`,
        "Write it by digest, or allow it with tags: 'allow'",
      )
    const cleaned = manifestOf(manifest)
    return { ...cleaned, metadata: { ...objectAt(cleaned, ['metadata']), namespace } }
  })
}

/** Images by tag that the plan allows, for people. */
export function tagFindings(manifests: readonly JsonObject[]): readonly Finding[] {
  const images = [...new Set(manifests.flatMap(taggedImages))]
  if (images.length === 0) return []
  return [
    {
      level: 'warning',
      code: 'k8s.image-by-tag',
      message: `${images.slice(0, 10).join(', ')} may be another image than it was`,
      hint: 'Write images by digest: then what runs is what was approved.',
    },
  ]
}

function taggedImages(manifest: JsonObject): readonly string[] {
  return podSpecs
    .flatMap((path) => ['initContainers', 'containers'].flatMap((list) => listAt(manifest, [...path, list])))
    .flatMap((container) => textAt(container, ['image']) ?? [])
    .filter((image) => !isDigest.test(image))
}

function refused(where: string, why: string, hint: string): RollbackError {
  return new RollbackError('OPTIONS_INVALID', `${where}: ${why}`, { hint: `${hint}, then preview again.` })
}
