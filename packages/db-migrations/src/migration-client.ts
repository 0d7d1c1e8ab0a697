import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RollbackError, plainCause, type Secret } from '@backstep/core'
import { postgresClient } from '@backstep/postgres'
import type { MigrationClient } from './client.ts'
import { renderByTool } from './render-tool.ts'
import type { ScriptFile } from './script-file.ts'

/** The database over the network, folders and tools of this machine. Making it contacts nothing. */
export function migrationClient({ url }: { readonly url: Secret }): MigrationClient {
  return { ...postgresClient({ url }), readFolder: ({ folder, endings }) => filesIn(folder, endings), render: renderByTool }
}

/** All paths from the root of the folder, in the order of their names, so that what is hashed is the same on every machine. */
async function filesIn(folder: string, endings: readonly string[]): Promise<readonly ScriptFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new RollbackError('PRECONDITION_FAILED', `The folder ${folder} cannot be read`, {
      hint: 'Give the folder of the artefact that holds the newer scripts: the undo comes before the code goes back.',
      cause: plainCause(cause),
    })
  })
  const paths = entries
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, 'utf8') })))
}
