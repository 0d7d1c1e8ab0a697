import * as z from 'zod'
import { defineUndoStep, type UndoStepFactory } from '../define-undo-step.ts'
import { undoOptions, type UndoOptions } from '../undo-options.ts'
import { flywayTool } from './flyway-tool.ts'

export interface FlywayUndoOptions extends UndoOptions {
  /** Folder of the V scripts, as the release that is current has them. */
  readonly migrations: string
  /** Folder of the U scripts (`U5__name.sql`). Default: the folder of the V scripts. A folder beside it keeps Flyway from warning about them. */
  readonly undo?: string | undefined
  /** Name of the history table. Default `'flyway_schema_history'`. */
  readonly table?: string | undefined
  /** Values for `${name}` in scripts. */
  readonly placeholders?: Readonly<Record<string, string>> | undefined
}

/**
 * Undoes Flyway's newest versioned migrations, down to and without `to`, with their U scripts, in one transaction: all of them or none. The
 * history gets a row of type DELETE for each, which every edition of Flyway reads; afterwards the versions are pending again. Rows that the
 * scripts take away are counted and kept. Going back over the step runs the V scripts again and puts the rows back.
 *
 * It needs no Flyway on this machine. Repeatable migrations are left alone. Only PostgreSQL.
 *
 * Refused before anything is written: a target that is not applied, a missing or changed script, an undo script that is empty, ends its
 * transaction or cannot run in one, a history with failed rows, and data that cannot be kept.
 */
export const undoMigrations: UndoStepFactory<FlywayUndoOptions> = defineUndoStep({
  kind: 'flyway.undo-migrations',
  options: z.strictObject({
    ...undoOptions,
    migrations: z.string().min(1),
    undo: z.string().min(1).optional(),
    table: z.string().min(1).default('flyway_schema_history'),
    placeholders: z.record(z.string(), z.string()).default({}),
  }),
  tool: flywayTool,
  name: ({ schema, table }) => `${schema}.${table}`,
})
