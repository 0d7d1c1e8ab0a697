import type { ContactTable, StepContext } from '@backstep/core'
import { type SqlClient, sqlContacts } from '@backstep/postgres'
import type { ToolRender, ToolRendered } from './render-tool.ts'
import type { ScriptFile } from './script-file.ts'

/** Everything outside of the step: the database, folders of scripts, and the tool where it has to render SQL. */
export interface MigrationClient extends SqlClient {
  /** The files of a folder and the folders below it, with their texts. Other files than those that end like this are left out. */
  readFolder(
    request: { readonly folder: string; readonly endings: readonly string[] },
    context: StepContext,
  ): Promise<readonly ScriptFile[]>
  /** Lets a tool write SQL instead of running it. It gets no address of a database. */
  render(request: ToolRender, context: StepContext): Promise<ToolRendered>
}

export const migrationContacts: ContactTable<MigrationClient> = { ...sqlContacts, readFolder: 'read', render: 'read' }
