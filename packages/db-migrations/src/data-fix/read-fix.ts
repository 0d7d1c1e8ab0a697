import { RollbackError } from '@backstep/core'
import { parseScript, type ParsedStatement } from '../parse-script.ts'
import { factsOf, type ObjectName } from '../statement-effects.ts'

export interface ReadFix {
  readonly statements: readonly ParsedStatement[]
  readonly tables: readonly Required<ObjectName>[]
}

const writes = new Set(['UpdateStmt', 'DeleteStmt', 'InsertStmt'])

/**
 * Reads the statements of a fix: UPDATE, DELETE and INSERT, and nothing else, so that what they write is known.
 *
 * @throws RollbackError `NOT_SUPPORTED`, naming the line.
 */
export async function readFix(sql: string, schema: string): Promise<ReadFix> {
  const statements = await parseScript('the fix', sql)
  if (statements.length === 0)
    throw new RollbackError('OPTIONS_INVALID', 'The fix has no statement', { hint: 'Write UPDATE, DELETE or INSERT.' })
  const tables = new Map<string, Required<ObjectName>>()
  for (const one of statements) {
    const why = unsuitable(one)
    if (why !== undefined) {
      throw new RollbackError('NOT_SUPPORTED', `The fix, line ${one.line}: ${why}`, {
        hint: 'Write it as UPDATE, DELETE and INSERT of named tables. Everything is one transaction already.',
      })
    }
    const relation = one.node['relation'] as { readonly schemaname?: string; readonly relname: string }
    const table = { schema: relation.schemaname ?? schema, name: relation.relname }
    tables.set(JSON.stringify(table), table)
  }
  return { statements, tables: [...tables.values()] }
}

function unsuitable(one: ParsedStatement): string | undefined {
  if (!writes.has(one.kind)) return `${one.text.split(/\s/)[0]?.toUpperCase()} is no UPDATE, DELETE or INSERT`
  if (one.node['withClause'] !== undefined && factsOf(one).effects.length > 1) return 'a WITH query writes as well'
  return undefined
}
