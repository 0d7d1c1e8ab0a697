import { defineQuery, type QueryFactory, type Secret } from '@backstep/core'
import { databaseOptions, readOnly, sessionName } from '@backstep/postgres'
import { toRollbackError } from '../errors.ts'
import * as z from 'zod'
import { migrationContacts } from '../client.ts'
import { migrationClient } from '../migration-client.ts'
import type { MigrationClient } from '../client.ts'
import { scriptOf } from './flyway-files.ts'
import { isFloor, liveRows } from './flyway-history.ts'
import { lookAtHistory } from './flyway-tool.ts'
import { scriptsOf, split } from './flyway-way.ts'

export interface AppliedMigrationsOptions {
  /** Secret with the URL of the database. */
  readonly url: Secret
  /** Folder of the V scripts. */
  readonly migrations: string
  /** Folder of the U scripts. Default: the same. */
  readonly undo?: string | undefined
  /** Which versions an undo to this one would take back. Default: none is asked about. */
  readonly to?: string | undefined
  /** Default `'public'`. */
  readonly schema?: string | undefined
  /** Default `'flyway_schema_history'`. */
  readonly table?: string | undefined
}

export type AppliedMigrations = {
  /** The version that was applied last; `nothing` when none is. */
  readonly current: string
  /** In the order in which they were applied. */
  readonly applied: readonly string[]
  /** In the folder and not applied. */
  readonly pending: readonly string[]
  /** Applied, and not in the folder, or not the same script by its checksum: this folder is not the artefact that migrated. */
  readonly missing: readonly string[]
  /** Failed and recorded so. */
  readonly failed: readonly string[]
  /** Applied and with an undo script. */
  readonly undoable: readonly string[]
  /** What an undo to `to` would take back, newest first; empty without `to`. */
  readonly wouldUndo: readonly string[]
  /** The folder that holds all scripts of `wouldUndo`; empty when it does not. */
  readonly artefact: string
}

const texts = z.array(z.string())

/** What Flyway has applied, what lies in a folder, and what an undo would run. Reads the history and the files; needs no Flyway. */
export const appliedMigrations: QueryFactory<AppliedMigrationsOptions, AppliedMigrations, MigrationClient> = defineQuery({
  kind: 'flyway.applied-migrations',
  options: z.strictObject({
    ...databaseOptions,
    migrations: z.string().min(1),
    undo: z.string().min(1).optional(),
    to: z.string().min(1).optional(),
    schema: z.string().min(1).default('public'),
    table: z.string().min(1).default('flyway_schema_history'),
  }),
  result: z.object({
    current: z.string(),
    applied: texts,
    pending: texts,
    missing: texts,
    failed: texts,
    undoable: texts,
    wouldUndo: texts,
    artefact: z.string(),
  }),
  client: ({ url }): MigrationClient => migrationClient({ url }),
  contacts: migrationContacts,
  toRollbackError,
  target: () => ({ system: 'flyway', name: 'history' }),
  async read({ options, client }, context) {
    const look = await readOnly(client, context, { name: sessionName('', 'query') }, (session) => lookAtHistory(session, options))
    const scripts = await scriptsOf(client, options, context)
    const live = liveRows(look.rows)
    const versions = live.map(({ version }) => version ?? '')
    const missing = live
      .filter((row) => !isFloor(row))
      .filter(({ version, checksum }) => {
        const script = scriptOf(scripts, 'versioned', version ?? '')
        return script === undefined || (checksum !== null && script.checksum !== checksum)
      })
    const undoable = versions.filter((version) => scriptOf(scripts, 'undo', version) !== undefined)
    const wouldUndo = options.to === undefined ? [] : split(live, options.to).leaving.map(({ version }) => version ?? '')
    const isWhole = wouldUndo.every((version) => undoable.includes(version) && !missing.some((row) => row.version === version))
    return {
      current: look.version,
      applied: versions,
      pending: scripts.filter(({ kind, version }) => kind === 'versioned' && !versions.includes(version)).map(({ version }) => version),
      missing: missing.map(({ version }) => version ?? ''),
      failed: live.filter(({ success }) => !success).map(({ version }) => version ?? ''),
      undoable,
      wouldUndo,
      artefact: wouldUndo.length > 0 && isWhole ? options.migrations : '',
    }
  },
})
