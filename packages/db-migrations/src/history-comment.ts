import { identifier, literal, type SqlSession } from '@backstep/postgres'
import { signature, type SqlStatement, statement } from './migration-tool.ts'

/**
 * For histories that delete rows: our mark is a comment on the history table, written in the transaction of the undo and taken away by the way
 * back, which leaves the comment that was there. No tool reads it.
 */
export function markOnTable(schema: string, table: string, mark: string): SqlStatement {
  return statement(`comment on table ${identifier(schema, table)} is ${literal(signature(mark))}`)
}

export function commentBack(schema: string, table: string, comment: string | null): SqlStatement {
  return statement(`comment on table ${identifier(schema, table)} is ${comment === null ? 'null' : literal(comment)}`)
}

export async function commentOf(session: SqlSession, schema: string, table: string): Promise<string | null> {
  const [row] = await session.query<{ readonly comment: string | null }>(
    `select obj_description(c.oid, 'pg_class') as comment from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2`,
    [schema, table],
  )
  return row?.comment ?? null
}

export function marksIn(comment: string | null): readonly string[] {
  return /^backstep (\S+)$/.exec(comment ?? '')?.slice(1) ?? []
}
