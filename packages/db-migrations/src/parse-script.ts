import { createRequire } from 'node:module'
import { RollbackError } from '@backstep/core'

/** A node of PostgreSQL's own syntax tree, as plain data. */
export type SyntaxNode = { readonly [key: string]: unknown }

/** One statement of a script. */
export interface ParsedStatement {
  /** As it is sent, without its semicolon. */
  readonly text: string
  /** Name of its node: `AlterTableStmt`, `DropStmt`. */
  readonly kind: string
  readonly node: SyntaxNode
  /** First line of the statement in its script, from 1. */
  readonly line: number
}

interface Parser {
  readonly loadModule: () => Promise<void>
  readonly parseSync: (sql: string) => { readonly stmts?: readonly RawStatement[] }
}
interface RawStatement {
  readonly stmt: Readonly<Record<string, SyntaxNode>>
  readonly stmt_location?: number
  readonly stmt_len?: number
}

let loading: Promise<Parser> | undefined

/** PostgreSQL's own parser, as WebAssembly. Loaded once, when a script is first read. */
function parser(): Promise<Parser> {
  loading ??= load()
  return loading
}

async function load(): Promise<Parser> {
  const loaded = createRequire(import.meta.url)('libpg-query') as Parser
  await loaded.loadModule()
  return loaded
}

/**
 * Splits a script into statements with the parser of PostgreSQL 18 itself: no quoted text, comment or function body can be taken for a
 * statement. Text of a `psql` command (`\set`) is no SQL and is refused.
 *
 * @throws RollbackError `PRECONDITION_FAILED`, naming script and line, when it is not SQL.
 */
export async function parseScript(script: string, sql: string): Promise<readonly ParsedStatement[]> {
  if (sql.trim() === '') return []
  const { parseSync } = await parser()
  const bytes = Buffer.from(sql, 'utf8')
  try {
    return (parseSync(sql).stmts ?? []).flatMap((raw) => statementOf(raw, bytes))
  } catch (cause) {
    throw notSql(script, sql, cause)
  }
}

/** Locations count bytes, and start before the white space and the comments in front of a statement. */
function statementOf({ stmt, stmt_location: start = 0, stmt_len: length }: RawStatement, bytes: Buffer): readonly ParsedStatement[] {
  const [found] = Object.entries(stmt)
  if (found === undefined) return []
  const raw = bytes.subarray(start, length === undefined || length === 0 ? undefined : start + length).toString('utf8')
  const text = raw.replace(/^\s+/, '').replace(/[\s;]+$/, '')
  const before = bytes.subarray(0, start).toString('utf8') + raw.slice(0, raw.length - raw.trimStart().length)
  return [{ text, kind: found[0], node: found[1], line: before.split('\n').length }]
}

function notSql(script: string, sql: string, cause: unknown): RollbackError {
  const { sqlDetails } = cause as { sqlDetails?: { message?: string; cursorPosition?: number } }
  const before = sql.slice(0, sqlDetails?.cursorPosition ?? 0)
  const line = before.split('\n').length
  return new RollbackError('PRECONDITION_FAILED', `${script}, line ${line}: ${sqlDetails?.message ?? 'this is not SQL of PostgreSQL'}`, {
    hint: 'Correct the script. Commands of psql and placeholders are no SQL.',
  })
}
