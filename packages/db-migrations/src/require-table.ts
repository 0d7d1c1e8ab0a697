import { RollbackError } from '@backstep/core'
import type { SqlSession } from '@backstep/postgres'

/** @throws RollbackError `TARGET_NOT_FOUND` when a tool has no history there, naming the schemas that have one. */
export async function requireTable(session: SqlSession, schema: string, table: string): Promise<void> {
  const found = await session.query<{ readonly schema: string }>(
    `select n.nspname::text as schema from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relname = $1 and c.relkind = 'r' order by 1`,
    [table],
  )
  if (found.some((one) => one.schema === schema)) return
  const elsewhere = found.map((one) => one.schema)
  throw new RollbackError('TARGET_NOT_FOUND', `There is no history table ${schema}.${table} in this database`, {
    hint:
      elsewhere.length > 0
        ? `There is one in: ${elsewhere.join(', ')}. Set "schema".`
        : 'Check that this is the right database, and the name of the table.',
  })
}
