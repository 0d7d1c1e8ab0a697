import * as z from 'zod'
import { defineUndoStep, type UndoStepFactory } from '../define-undo-step.ts'
import { undoOptions, type UndoOptions } from '../undo-options.ts'
import { alembicTool } from './alembic-tool.ts'

export interface AlembicDowngradeOptions extends UndoOptions {
  /** Folder in which Alembic is run: the checkout of the release that is current. */
  readonly project: string
  /** Name or absolute path of the program. Default `'alembic'`. A script may start it in the image of the release. */
  readonly command?: string | undefined
  /** Default `'alembic.ini'`. */
  readonly config?: string | undefined
  /** Variables for `env.py`. Never a secret: what is rendered needs no database. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Name of the version table. Default `'alembic_version'`. */
  readonly table?: string | undefined
  /** How long Alembic may render. Default 60,000. */
  readonly renderTimeoutMs?: number | undefined
}

/**
 * Takes a database back to an Alembic revision. Alembic writes the SQL of both directions (`downgrade from:to --sql`, `upgrade to:from --sql`)
 * and never meets the database; the SQL then runs here in one transaction, with the version table locked and moved in it. Rows that it takes
 * away are counted and kept, and come back on the way back.
 *
 * `to` is a whole revision id; `base`, `-1` and branch labels are refused, and so is a database with several heads.
 *
 * Refused before anything is written: a revision that the project does not know, a downgrade that Alembic cannot render because it asks the
 * database, one that does nothing (`pass`), one with an `autocommit_block`, and data that cannot be kept.
 */
export const downgrade: UndoStepFactory<AlembicDowngradeOptions> = defineUndoStep({
  kind: 'alembic.downgrade',
  options: z.strictObject({
    ...undoOptions,
    to: undoOptions.to.refine((to) => /^\w+$/.test(to), { error: 'expected one version: a whole revision id, without a step to it' }),
    project: z.string().min(1),
    command: z.string().min(1).default('alembic'),
    config: z.string().min(1).default('alembic.ini'),
    environment: z.record(z.string(), z.string()).default({}),
    table: z.string().min(1).default('alembic_version'),
    renderTimeoutMs: z.int().positive().default(60_000),
  }),
  tool: alembicTool,
  name: ({ schema, table }) => `${schema}.${table}`,
})
