import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of this repository. */
export const repositoryRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/** The parts of a package.json that the tools read. */
export interface Manifest {
  readonly name: string
  readonly version?: string
  readonly description?: string
  readonly license?: string
  readonly private?: boolean
  readonly type?: string
  readonly sideEffects?: boolean
  readonly engines?: Readonly<Record<string, string>>
  readonly files?: readonly string[]
  readonly exports?: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly publishConfig?: {
    readonly access?: string
    readonly provenance?: boolean
    readonly exports?: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  }
}

/** One member of the workspace. */
export interface Member {
  /** Relative to the root, with `/`: `packages/core`. */
  readonly folder: string
  readonly manifest: Manifest
  /** From the member's turbo.json: which layer it is in. */
  readonly tags: readonly string[]
}

/** Every member of the workspace under `root`. Throws when there is none, so that no check can pass on an empty list. */
export function workspaceMembers(root: string = repositoryRoot): readonly Member[] {
  const folders = [...subfolders(root, 'packages'), ...subfolders(root, 'examples'), 'bench', 'docs', 'testbed']
  const members = folders.filter((folder) => existsSync(join(root, folder, 'package.json'))).map((folder) => readMember(root, folder))
  if (members.length === 0) throw new Error(`no workspace member found under ${root}`)
  return members
}

/** The members that are published. Throws when there is none. */
export function publishedMembers(root: string = repositoryRoot): readonly Member[] {
  const members = workspaceMembers(root).filter((member) => member.manifest.private !== true)
  if (members.length === 0) throw new Error(`no published package found under ${root}`)
  return members
}

function readMember(root: string, folder: string): Member {
  const turboFile = join(root, folder, 'turbo.json')
  const turbo = existsSync(turboFile) ? (readJson(turboFile) as { tags?: string[] }) : {}
  return { folder, manifest: readJson(join(root, folder, 'package.json')) as Manifest, tags: turbo.tags ?? [] }
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function subfolders(root: string, parent: string): string[] {
  const path = join(root, parent)
  if (!existsSync(path)) return []
  const entries = readdirSync(path, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${parent}/${entry.name}`)
    .sort()
}

const neverEntered = new Set(['node_modules', 'dist', '.git', '.turbo', '.vitest', '.backstep', '.world', 'tmp'])

/** Every file under `folder`, relative to `root`, with `/`; installed and generated folders are left out. */
export function filesUnder(folder: string, root: string = repositoryRoot): readonly string[] {
  const path = join(root, folder)
  if (!existsSync(path)) return []
  const found: string[] = []
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    if (entry.isDirectory()) {
      if (!neverEntered.has(entry.name)) found.push(...filesUnder(relative(root, child), root))
    } else if (entry.isFile()) found.push(relative(root, child).replaceAll('\\', '/'))
  }
  return found.sort()
}
