import { RollbackError } from '@backstep/core'

/** What a statement of an undo script takes away. A constraint holds no data. */
export type Drop =
  | { readonly what: 'column'; readonly table: string; readonly column: string }
  | { readonly what: 'table'; readonly table: string }
  | { readonly what: 'constraint'; readonly table: string; readonly constraint: string }

const forms: readonly [RegExp, (table: string, name: string) => Drop][] = [
  [/^alter table (\w+) drop column (\w+)$/i, (table, column) => ({ what: 'column', table, column })],
  [/^alter table (\w+) drop constraint (\w+)$/i, (table, constraint) => ({ what: 'constraint', table, constraint })],
  [/^drop table (\w+)$/i, (table) => ({ what: 'table', table })],
]

/**
 * Reads an undo script: which tables it touches and what it drops, in its order. Only statements whose loss can be counted are understood
 * (DROP COLUMN, DROP CONSTRAINT, DROP TABLE, one per statement, no CASCADE); any other statement is refused, never guessed.
 *
 * @throws RollbackError `NOT_SUPPORTED`, naming script and statement.
 */
export function readUndoScript(script: string, sql: string): readonly Drop[] {
  const statements = sql
    .replaceAll(/--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim().replaceAll(/\s+/g, ' '))
    .filter((statement) => statement !== '')
  return statements.map((statement) => {
    for (const [form, dropOf] of forms) {
      const [, table, name = ''] = form.exec(statement) ?? []
      if (table !== undefined) return dropOf(table, name)
    }
    throw new RollbackError('NOT_SUPPORTED', `${script}: cannot tell what "${statement}" would lose`, {
      hint: 'Write it as ALTER TABLE … DROP COLUMN, DROP CONSTRAINT or DROP TABLE, or undo this migration by hand.',
    })
  })
}
