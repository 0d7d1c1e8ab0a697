import { RollbackError } from '@backstep/core'
import { identifier, type SqlSession } from '@backstep/postgres'
import type { HistoryLook, MigrationTool } from '../migration-tool.ts'
import { requireTable } from '../require-table.ts'
import type { UndoSettings } from '../undo-work.ts'
import { flywayLockKey, type HistoryRow, identityOf, liveRows } from './flyway-history.ts'
import { wayTo } from './flyway-way.ts'

export interface FlywaySettings extends UndoSettings {
  readonly table: string
  readonly migrations: string
  readonly undo?: string | undefined
  readonly placeholders: Readonly<Record<string, string>>
}

export interface FlywayLook extends HistoryLook {
  readonly rows: readonly HistoryRow[]
}

/** Flyway, open source: it has no undo of its own, and accepts what is written here. */
export const flywayTool: MigrationTool<FlywaySettings, FlywayLook> = {
  system: 'flyway',
  ownTables: ({ schema, table }) => [[schema, table]],
  look: lookAtHistory,
  lock: lockHistory,
  wayTo,
}

/** @throws RollbackError `TARGET_NOT_FOUND` when there is no history table, naming the schemas that have one. */
export async function lookAtHistory(session: SqlSession, { schema, table }: Pick<FlywaySettings, 'schema' | 'table'>): Promise<FlywayLook> {
  await requireTable(session, schema, table)
  const rows = await session.query<HistoryRow>(
    `select installed_rank as rank, version, description, type, script, checksum, installed_by as by, success from ${identifier(schema, table)} order by installed_rank`,
  )
  const live = liveRows(rows)
  return {
    rows,
    live: identityOf(live),
    version: live.at(-1)?.version ?? 'nothing',
    generation: String(rows.at(-1)?.rank ?? 0),
    marks: rows.flatMap(({ by }) => /(?:^|\s)backstep (\S+)$/.exec(by)?.[1] ?? []),
  }
}

/** The lock that Flyway holds around each migration, then the table, so that not even a hand at psql comes between. */
async function lockHistory(session: SqlSession, { schema, table }: FlywaySettings): Promise<void> {
  const [lock] = await session.query<{ readonly isOurs: boolean }>('select pg_try_advisory_xact_lock($1::bigint) as "isOurs"', [
    flywayLockKey(schema, table).toString(),
  ])
  if (lock?.isOurs !== true) {
    throw new RollbackError('LEASE_HELD', 'Flyway or another undo is at work on this schema', {
      hint: 'It is tried again until that has ended.',
    })
  }
  await session.query(`lock table ${identifier(schema, table)} in share row exclusive mode`)
}
