import type { Json } from '@backstep/core'
import type { TestDatabase } from '@backstep/testbed'

/** Columns, constraints, indexes and rows of everything in `public`, past the code under test. The order of columns does not count. */
export async function worldOf(database: TestDatabase, exceptTables: readonly string[]): Promise<Record<string, Json>> {
  const schema = await database.sql(
    `select 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
        || coalesce(' ' || pg_get_expr(d.adbin, d.adrelid), '') || a.attidentity::text as line
      from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and a.attnum > 0 and not a.attisdropped and c.relname <> all ($1)
     union all select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) from pg_constraint
      where connamespace = 'public'::regnamespace and conrelid::regclass::text <> all ($1) and contype <> 'n'
     union all select indexdef from pg_indexes where schemaname = 'public' and tablename <> all ($1)
     union all select 'trigger ' || pg_get_triggerdef(oid) || tgenabled::text from pg_trigger where not tgisinternal
     union all select 'sequence ' || sequencename || coalesce(last_value, 0) from pg_sequences where schemaname = 'public'
     order by 1`,
    [exceptTables],
  )
  const tables = await database.sql(
    `select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> all ($1) order by 1`,
    [exceptTables],
  )
  const rows: Record<string, Json> = {}
  for (const { name } of tables) {
    const [found] = await database.sql(`select coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text), '[]') as rows from "${name}" t`)
    rows[name as string] = found?.['rows'] as Json
  }
  return { schema: schema.map(({ line }) => line as string), rows }
}
