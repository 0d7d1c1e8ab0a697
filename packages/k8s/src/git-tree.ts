import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RollbackError } from '@backstep/core'

/** A folder as it was read: its files by path, and the name that git gives to exactly this content. */
export interface ReadFolder {
  readonly tree: string
  readonly files: ReadonlyMap<string, string>
}

/**
 * Reads a folder, and computes the id of its tree as git does (object format SHA-1): what `git rev-parse <ref>:<folder>` prints. So a folder
 * is at a ref exactly when the two are equal, with nothing added, changed or left out, and no git is needed to see it.
 *
 * @throws RollbackError `OPTIONS_INVALID` when it cannot be read, or holds anything but files and folders.
 */
export async function readFolder(folder: string): Promise<ReadFolder> {
  const files = new Map<string, string>()
  try {
    return { tree: (await treeOf(folder, '', files)).toString('hex'), files }
  } catch (cause) {
    if (cause instanceof RollbackError) throw cause
    const { code = '' } = cause as { readonly code?: string }
    throw unreadable(folder, code === 'ENOENT' ? 'it does not exist' : code)
  }
}

interface Entry {
  readonly name: string
  readonly mode: '40000' | '100644' | '100755'
  readonly id: Buffer
}

async function treeOf(folder: string, path: string, files: Map<string, string>): Promise<Buffer> {
  const found = await readdir(join(folder, path), { withFileTypes: true })
  const entries = await Promise.all(
    found
      .filter(({ name }) => name !== '.git')
      .map(async (one): Promise<Entry | undefined> => {
        const inside = path === '' ? one.name : `${path}/${one.name}`
        if (one.isDirectory()) {
          const id = await treeOf(folder, inside, files)
          // git keeps no empty folders
          return id.equals(idOf('tree', Buffer.alloc(0))) ? undefined : { name: one.name, mode: '40000', id }
        }
        if (!one.isFile()) throw unreadable(folder, `${inside} is no plain file`)
        const [content, { mode }] = await Promise.all([readFile(join(folder, inside)), stat(join(folder, inside))])
        files.set(inside, content.toString('utf8'))
        return { name: one.name, mode: (mode & 0o100) === 0 ? '100644' : '100755', id: idOf('blob', content) }
      }),
  )
  // git sorts by bytes, a folder as if its name ended with a slash
  const sorted = entries.filter((entry) => entry !== undefined).toSorted((one, other) => Buffer.compare(sortKey(one), sortKey(other)))
  return idOf('tree', Buffer.concat(sorted.flatMap(({ mode, name, id }) => [Buffer.from(`${mode} ${name}\0`), id])))
}

function sortKey({ name, mode }: Entry): Buffer {
  return Buffer.from(mode === '40000' ? `${name}/` : name)
}

function idOf(type: 'tree' | 'blob', content: Buffer): Buffer {
  return createHash('sha1').update(`${type} ${content.byteLength}\0`).update(content).digest()
}

function unreadable(folder: string, why: string): RollbackError {
  return new RollbackError('OPTIONS_INVALID', `Cannot read the manifests in ${folder}: ${why}`, {
    hint: 'Check the path, and that the folder is a plain checkout.',
  })
}
