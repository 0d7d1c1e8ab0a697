import { type JsonObject, RollbackError } from '@backstep/core'
import * as z from 'zod'
import { readFolder } from './git-tree.ts'

/** Where manifests come from, and what says that they are the ones that were meant. */
export type ManifestSource =
  /** The text itself, by a name for messages: `{ 'shop.yaml': '…' }`. YAML or JSON, any number of documents in each. */
  | { readonly files: { readonly [name: string]: string } }
  /**
   * A folder, and the git tree that it has to be: what `git rev-parse v41:deploy/shop` prints. All files in it that end with `.yaml`, `.yml` or
   * `.json` are read. A folder with one more, one less or another file is refused.
   */
  | { readonly folder: string; readonly tree: string }

/** One manifest and where it stands, for messages: `shop.yaml, document 2`. */
export interface FoundManifest {
  readonly manifest: JsonObject
  readonly where: string
}

export const manifestSource: z.ZodType<ManifestSource, ManifestSource> = z.union([
  z.strictObject({
    files: z.record(z.string().min(1), z.string()).refine((files) => Object.keys(files).length > 0, 'expected at least one file'),
  }),
  z.strictObject({
    folder: z.string().min(1),
    tree: z.string().regex(/^[0-9a-f]{40}$/, 'expected a git tree, as `git rev-parse <ref>:<folder>` prints it'),
  }),
])

/**
 * The manifests of a source, in the order of their files and documents; the members of a `List` one by one.
 *
 * @throws RollbackError `OPTIONS_INVALID` when they do not parse; `DRIFTED` when a folder is not at its tree.
 */
export async function readManifests(source: ManifestSource): Promise<readonly FoundManifest[]> {
  const files = 'files' in source ? Object.entries(source.files) : await filesOf(source)
  const { isMap, isScalar, LineCounter, parseAllDocuments, visit } = await import('yaml')
  const all = files.flatMap(([file, text]) => {
    const lines = new LineCounter()
    // as the tools of Kubernetes read it: 0644 is octal and yes is true, while times and 1:30 stay text
    const documents = parseAllDocuments(text, {
      version: '1.1',
      schema: 'yaml-1.1',
      customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !isForeign(tag)),
      uniqueKeys: true,
      lineCounter: lines,
      logLevel: 'silent',
    })
    return (Array.isArray(documents) ? documents : []).flatMap((document, index) => {
      const where = `${file}${documents.length > 1 ? `, document ${index + 1}` : ''}`
      const [problem] = document.errors
      if (problem !== undefined) throw notParsed(file, `line ${lines.linePos(problem.pos[0]).line} cannot be read`)
      visit(document, {
        Pair: (_, { key }) => {
          if (isScalar(key) && typeof key.value !== 'string' && typeof key.value !== 'symbol')
            throw notParsed(where, `the key ${String(key.value)} is no text: quote it`)
        },
      })
      if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) return []
      if (!isMap(document.contents)) throw notParsed(where, 'it is no object')
      return membersOf(document.toJS({ maxAliasCount: 100 }) as JsonObject, where)
    })
  })
  if (all.length > 0) return all
  throw notParsed('files' in source ? Object.keys(source.files).join(', ') : source.folder, 'there is no manifest in it')
}

/** Tags of YAML 1.1 that no tool of Kubernetes knows. */
function isForeign({ tag, format = '' }: { readonly tag: string; readonly format?: string | undefined }): boolean {
  const isTime = tag === 'tag:yaml.org,2002:timestamp' || format === 'TIME'
  return isTime || ['binary', 'omap', 'pairs', 'set'].some((name) => tag === `tag:yaml.org,2002:${name}`)
}

async function filesOf({
  folder,
  tree,
}: {
  readonly folder: string
  readonly tree: string
}): Promise<readonly (readonly [string, string])[]> {
  const read = await readFolder(folder)
  if (read.tree !== tree) {
    throw new RollbackError('DRIFTED', `${folder} is the tree ${read.tree}, not ${tree}`, {
      hint: 'Check out the ref that the plan names, without other files in it, then preview again.',
      effect: 'none',
    })
  }
  return [...read.files].filter(([name]) => /\.(ya?ml|json)$/.test(name)).toSorted(([one], [other]) => (one < other ? -1 : 1))
}

function membersOf(manifest: JsonObject, where: string): readonly FoundManifest[] {
  const { kind, apiVersion, items } = manifest
  if (apiVersion !== 'v1' || kind !== 'List' || !Array.isArray(items)) return [{ manifest, where }]
  return (items as readonly JsonObject[]).map((item, index) => ({ manifest: item, where: `${where}, item ${index + 1}` }))
}

/** What a parser says may quote what it read: only where it stands is kept. */
function notParsed(where: string, why: string): RollbackError {
  return new RollbackError('OPTIONS_INVALID', `${where} is no manifest: ${why}`, { hint: 'Correct it, then preview again.' })
}
