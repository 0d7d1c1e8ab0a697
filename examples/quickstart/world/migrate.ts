import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import pg from 'pg'

/** In the usual way of migration tools: an undo adds a row, nothing is taken out. */
export const historyTable = `
create table if not exists schema_history (
  installed_rank integer primary key,
  version text not null,
  description text not null,
  type text not null check (type in ('SQL', 'UNDO_SQL')),
  script text not null,
  checksum integer,
  installed_by text not null,
  installed_on timestamptz not null default clock_timestamp(),
  success boolean not null
)`

const newestVersion = `
select coalesce(max(version::int), 0) as version from (
  select version from schema_history where success group by version having sum(case type when 'SQL' then 1 else -1 end) > 0
) live`

/** `V2__discount_codes.sql`: version 2, "discount codes". */
const namePattern = /^V(\d+)__(\w+)\.sql$/

/**
 * Applies the migrations of a release that are not applied yet, each in a transaction of its own with its row in `schema_history`.
 * This is the shop's own migration tool, as the usual ones work; it is no part of the rollback.
 *
 * @returns the version that the schema has now.
 */
export async function applyMigrations(databaseUrl: string, folder: string, by: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'shop deploy' })
  await client.connect()
  try {
    await client.query(`select pg_advisory_lock(hashtextextended('schema_history', 0))`) // freed when the session ends
    await client.query(historyTable)
    const { rows } = await client.query<{ version: number }>(newestVersion)
    let applied = rows[0]?.version ?? 0
    for (const migration of migrationsIn(folder)) {
      if (migration.version <= applied) continue
      await applyOne(client, migration, by)
      applied = migration.version
    }
    return applied
  } finally {
    await client.end()
  }
}

interface Migration {
  readonly version: number
  readonly description: string
  readonly script: string
  readonly sql: string
}

function migrationsIn(folder: string): readonly Migration[] {
  const found = readdirSync(folder).flatMap((script) => {
    const [, version, description] = namePattern.exec(script) ?? []
    if (version === undefined || description === undefined) return []
    return [
      { version: Number(version), description: description.replaceAll('_', ' '), script, sql: readFileSync(join(folder, script), 'utf8') },
    ]
  })
  return found.toSorted((a, b) => a.version - b.version)
}

async function applyOne(client: pg.Client, { version, description, script, sql }: Migration, by: string): Promise<void> {
  await client.query('begin')
  try {
    await client.query(sql)
    await client.query(
      `insert into schema_history (installed_rank, version, description, type, script, checksum, installed_by, success)
       select coalesce(max(installed_rank), 0) + 1, $1, $2, 'SQL', $3, $4, $5, true from schema_history`,
      [String(version), description, script, crc32(sql) | 0, by],
    )
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
