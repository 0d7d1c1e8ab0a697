import * as z from 'zod'
import { defineUndoStep, type UndoStepFactory } from '../define-undo-step.ts'
import { undoOptions, type UndoOptions } from '../undo-options.ts'
import { liquibaseTool } from './liquibase-tool.ts'

export interface LiquibaseRollbackOptions extends UndoOptions {
  /** Folder in which Liquibase is run, so that the changelog has the path that the history has. */
  readonly project: string
  /** The changelog, as the history has it: `'db/changelog.xml'`. */
  readonly changelog: string
  /** Name or absolute path of the program. Default `'liquibase'`. */
  readonly command?: string | undefined
  /** Name of the history table. Default `'databasechangelog'`. */
  readonly table?: string | undefined
  /** Name of the lock table. Default `'databasechangeloglock'`. */
  readonly lockTable?: string | undefined
  /** How long Liquibase may render, each way. Default 60,000. */
  readonly renderTimeoutMs?: number | undefined
}

/**
 * Takes a database back to a tag or a changeset (`file::id::author`), which stays. Liquibase renders the SQL of both directions from a copy of
 * the history and never meets the database; the SQL then runs here in one transaction for all changesets, where Liquibase itself commits each
 * one alone. The rows of the history are removed in it, and put back as they were by the way back.
 *
 * Refused before anything is written: a target that is neither, a changelog that lacks an applied changeset (the tool would undo older ones
 * instead), one without a rollback, one that was changed since it ran, and data that cannot be kept. While Liquibase holds its lock, the step
 * waits and then fails with `LEASE_HELD`; the lock is never broken here.
 */
export const rollback: UndoStepFactory<LiquibaseRollbackOptions> = defineUndoStep({
  kind: 'liquibase.rollback',
  options: z.strictObject({
    ...undoOptions,
    project: z.string().min(1),
    changelog: z.string().min(1),
    command: z.string().min(1).default('liquibase'),
    table: z.string().min(1).default('databasechangelog'),
    lockTable: z.string().min(1).default('databasechangeloglock'),
    renderTimeoutMs: z.int().positive().default(60_000),
  }),
  tool: liquibaseTool,
  name: ({ schema, table }) => `${schema}.${table}`,
})
