import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secret } from '@backstep/core'
import type { PostgresServer, TestDatabase } from '@backstep/testbed'
import { flywayUndoMigrations } from '../src/index.ts'
import { checksumOf } from '../src/flyway/flyway-files.ts'
import { type MadeMigration, numbersOf, randomHistory } from './random-history.ts'
import { drive } from './step-on-database.ts'
import { worldOf } from './world.ts'

const history = `create table flyway_schema_history (installed_rank int primary key, version varchar(50), description varchar(200) not null, type varchar(20) not null,
  script varchar(1000) not null, checksum int, installed_by varchar(100) not null, installed_on timestamp not null default now(), execution_time int not null, success boolean not null)`

async function migrated(server: PostgresServer, migrations: readonly MadeMigration[]): Promise<TestDatabase> {
  const database = await server.database()
  const rows = migrations.map(
    ({ forward }, index) =>
      `${forward} insert into flyway_schema_history values (${index + 1}, '${index + 1}', 'm', 'SQL', 'V${index + 1}__m.sql', ${checksumOf(forward)}, 'tester', now(), 0, true);`,
  )
  await database.sql(`set role tester; ${history}; ${rows.join('\n')}`)
  return database
}

const withoutSequences = (lines: unknown): unknown => (lines as readonly string[]).filter((line) => !line.startsWith('sequence '))

export interface HistoryEnd {
  readonly seed: number
  readonly undone: unknown
  readonly onlyMigrated: unknown
  readonly cameBack: unknown
  readonly before: unknown
  readonly notRestored: unknown
}

/** Up, undo to a target by chance, and back again; beside it a database that was only migrated up to the target. */
export async function runHistory(server: PostgresServer, seed: number): Promise<HistoryEnd> {
  const pick = numbersOf(seed + 1)
  const migrations = randomHistory(seed, 4 + pick(9))
  const to = 1 + pick(migrations.length - 1)
  const folder = await mkdtemp(join(tmpdir(), 'backstep-history-'))
  const databases: TestDatabase[] = []
  try {
    await mkdir(join(folder, 'undo'))
    for (const [index, { forward, undo }] of migrations.entries()) {
      await writeFile(join(folder, `V${index + 1}__m.sql`), forward)
      await writeFile(join(folder, 'undo', `U${index + 1}__m.sql`), undo)
    }
    const [one, only] = [await migrated(server, migrations), await migrated(server, migrations.slice(0, to))]
    databases.push(one, only)
    const world = async (database: TestDatabase) => worldOf(database, ['flyway_schema_history'])
    const before = await world(one)
    const step = await drive(flywayUndoMigrations({ url: secret('DATABASE'), migrations: folder, to: String(to) }), one.url)
    await step.execute()
    const [undone, onlyMigrated] = [await world(one), await world(only)]
    const { notRestored } = await step.compensate()
    return {
      seed,
      undone: { ...undone, schema: withoutSequences(undone['schema']) },
      onlyMigrated: { ...onlyMigrated, schema: withoutSequences(onlyMigrated['schema']) },
      cameBack: await world(one),
      before,
      notRestored,
    }
  } finally {
    await rm(folder, { recursive: true })
    for (const { name } of databases) await server.sql('postgres', `drop database if exists ${name} with (force)`)
  }
}
