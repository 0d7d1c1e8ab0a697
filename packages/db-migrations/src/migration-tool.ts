import type { Finding, Secret, StepContext } from '@backstep/core'
import type { SqlSession } from '@backstep/postgres'
import type { ScriptFile } from './script-file.ts'
import type { MigrationClient } from './client.ts'

/** What every undo needs to know of its database, whatever the tool. */
export interface MigrationOptions {
  /** Secret with the URL of the database: `postgresql://role:password@host:5432/database`. */
  readonly url: Secret
  /** Schema in which unqualified names of the scripts are looked up first, and where the tool keeps its history. */
  readonly schema: string
}

/** What the history of a tool says. */
export interface HistoryLook {
  /** Which migrations are applied, with their checksums, as comparable text. */
  readonly live: string
  /** The version, revision or changeset that the database is at, for people. */
  readonly version: string
  /** Never the same again after any write to the history, also when the same migrations are applied again. */
  readonly generation: string
  /** Marks of undos that are written in it. */
  readonly marks: readonly string[]
}

/** One statement as it is sent. */
export type SqlStatement = { readonly text: string; readonly values: readonly (string | number | boolean | null)[] }

/** A migration that is undone: how, how it comes back, and what the history says of it. */
export interface UndoneMigration {
  /** `V5`, a revision, `file::id::author`. */
  readonly id: string
  readonly undo: ScriptFile
  readonly redo: ScriptFile
  /** Records the undo; the mark is written in it. Sent right after the script. */
  readonly afterUndo: readonly SqlStatement[]
  readonly afterRedo: readonly SqlStatement[]
}

/** What an undo to one target would do. */
export interface UndoWay {
  /** Newest first, as they are undone. Empty: the database is at the target. */
  readonly undone: readonly UndoneMigration[]
  /** `HistoryLook.live` as it will be. */
  readonly live: string
  readonly version: string
  readonly findings: readonly Finding[]
}

/**
 * All that Backstep has to know of one migration tool. A new tool is one such object; counting and keeping rows, the transaction, and the way
 * back are the same for all.
 */
export interface MigrationTool<O extends MigrationOptions, L extends HistoryLook = HistoryLook> {
  /** `flyway` */
  readonly system: string
  /** Tables of the tool itself, as `[schema, table]`: no part of the schema that is compared. */
  readonly ownTables: (options: O) => readonly (readonly [string, string])[]
  /** Reads the history. Throws `TARGET_NOT_FOUND` when there is none. */
  readonly look: (session: SqlSession, options: O) => Promise<L>
  /** Takes what the tool itself takes while it migrates, and the table of its history; `LEASE_HELD` when it is taken. */
  readonly lock: (session: SqlSession, options: O) => Promise<void>
  /** Finds scripts and checks that they are the ones that were applied. Refuses what it cannot undo, before anything is written. */
  readonly wayTo: (
    work: { readonly options: O & { readonly to: string }; readonly client: MigrationClient; readonly look: L; readonly mark: string },
    context: StepContext,
  ) => Promise<UndoWay>
}

/** How an undo signs what it writes into a history. */
export function signature(mark: string): string {
  return `backstep ${mark}`
}

/** Plain text without values. */
export const statement = (text: string, values: SqlStatement['values'] = []): SqlStatement => ({ text, values })
