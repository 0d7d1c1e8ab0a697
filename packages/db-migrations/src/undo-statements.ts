import { RollbackError } from '@backstep/core'
import { type KeptData } from './kept-data.ts'
import { keepAfter, keepBefore, park, restoreAfter, restoreBefore } from './keep-statements.ts'
import { type SqlStatement, statement, type UndoneMigration } from './migration-tool.ts'
import { parseScript, type ParsedStatement } from './parse-script.ts'
import { factsOf } from './statement-effects.ts'

/** A migration with both of its scripts read. */
export interface ReadMigration extends UndoneMigration {
  readonly undoStatements: readonly ParsedStatement[]
  readonly redoStatements: readonly ParsedStatement[]
}

/**
 * Reads the scripts of every migration.
 *
 * @throws RollbackError `PRECONDITION_FAILED` for a script that is no SQL or an undo script without a statement; `NOT_SUPPORTED` for one that
 * ends its own transaction, or that PostgreSQL does not run inside one.
 */
export async function readMigrations(undone: readonly UndoneMigration[]): Promise<readonly ReadMigration[]> {
  const read: ReadMigration[] = []
  for (const migration of undone) {
    const undoStatements = await parseScript(migration.undo.path, migration.undo.text)
    const redoStatements = await parseScript(migration.redo.path, migration.redo.text)
    if (undoStatements.length === 0) throw empty(migration)
    requireOneTransaction(migration.undo.path, undoStatements)
    requireOneTransaction(migration.redo.path, redoStatements.map(withoutConcurrently))
    read.push({ ...migration, undoStatements, redoStatements: redoStatements.map(withoutConcurrently) })
  }
  return read
}

function empty({ id, undo }: UndoneMigration): RollbackError {
  return new RollbackError('PRECONDITION_FAILED', `${undo.path} has no statement: it would say that ${id} is undone, and undo nothing`, {
    hint: 'Write the undo script. If there is nothing to undo, write SELECT 1.',
  })
}

/** @throws RollbackError `NOT_SUPPORTED`, naming script and line. */
export function requireOneTransaction(path: string, statements: readonly ParsedStatement[]): void {
  for (const one of statements) {
    const { isTransactionControl, notInTransaction } = factsOf(one)
    if (isTransactionControl) {
      throw new RollbackError(
        'NOT_SUPPORTED',
        `${path}, line ${one.line}: ${one.text.split(/\s/)[0]?.toUpperCase()} would end the one transaction of the undo`,
        {
          hint: 'Take the transaction command out: schema, history and kept rows change together, or not at all.',
        },
      )
    }
    if (notInTransaction !== undefined) {
      throw new RollbackError('NOT_SUPPORTED', `${path}, line ${one.line}: PostgreSQL does not run ${notInTransaction} in a transaction`, {
        hint: 'Write it without, or make it a step of its own before or after this one.',
      })
    }
  }
}

/** On the way back an index is built under a lock: the same index, without a second transaction. */
function withoutConcurrently(one: ParsedStatement): ParsedStatement {
  if (one.kind !== 'IndexStmt' || one.node['concurrent'] !== true) return one
  return { ...one, text: one.text.replace(/\bconcurrently\b/i, ''), node: { ...one.node, concurrent: false } }
}

export interface MarkedData {
  readonly mark: string
  readonly kept: readonly KeptData[]
  readonly label: string
  readonly schema: string
}

/** Everything that the undo sends, in its order: what is approved is what runs. */
export function forwardStatements(
  migrations: readonly ReadMigration[],
  { mark, kept, label, schema }: MarkedData,
): readonly SqlStatement[] {
  return [
    searchPath(schema),
    ...keepBefore(kept, mark, label).map((text) => statement(text)),
    ...migrations.flatMap(({ undoStatements, afterUndo }) => [
      ...undoStatements.flatMap((one) => sent(one, kept, { mark, schema })),
      ...afterUndo,
    ]),
    ...keepAfter(kept).map((text) => statement(text)),
  ]
}

/** Everything that the way back sends. */
export function backStatements(migrations: readonly ReadMigration[], { kept, schema }: MarkedData): readonly SqlStatement[] {
  return [
    searchPath(schema),
    ...restoreBefore(kept).map((text) => statement(text)),
    ...migrations
      .toReversed()
      .flatMap(({ redoStatements, afterRedo }) => [...redoStatements.map(({ text }) => statement(text)), ...afterRedo]),
    ...restoreAfter(kept).map((text) => statement(text)),
  ]
}

function sent(
  one: ParsedStatement,
  kept: readonly KeptData[],
  { mark, schema }: Pick<MarkedData, 'mark' | 'schema'>,
): readonly SqlStatement[] {
  const [effect, ...others] = factsOf(one).effects
  if (effect?.what !== 'drop-table' || others.length > 0) return [statement(one.text)]
  const label = `${effect.table.schema ?? schema}.${effect.table.name}`
  const parked = kept.find((data) => data.isParked && data.label === label)
  return parked === undefined ? [statement(one.text)] : park(parked, mark).map((text) => statement(text))
}

/** Names in scripts mean what they mean when the tool runs them. */
function searchPath(schema: string): SqlStatement {
  return statement(`select set_config('search_path', quote_ident($1) || ', ' || current_setting('search_path'), true)`, [schema])
}
