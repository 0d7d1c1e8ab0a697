import { crc32 } from 'node:zlib'
import { type Change, type Instant, RollbackError, sha256Hex } from '@backstep/core'
import type { SqlSession } from './database-port.ts'
import { type HistoryRow, one } from './schema-position.ts'
import type { Call, ShopPort } from './shop-port.ts'
import type { Loss, Migration } from './undo-statements.ts'

/**
 * The migrations to undo, newest first, with both scripts as the current release has them.
 *
 * @throws RollbackError `TARGET_NOT_FOUND` when `to` is not applied; `PRECONDITION_FAILED` when a script is missing or is not the one
 * that was applied.
 */
export async function migrationsAbove(
  files: Pick<ShopPort, 'readText'>,
  live: readonly HistoryRow[],
  to: number,
  call: Call,
): Promise<readonly Migration[]> {
  if (!live.some(({ version }) => Number(version) === to)) {
    throw new RollbackError('TARGET_NOT_FOUND', `Schema version ${to} is not applied`, {
      hint: `Choose one of: ${live.map(({ version }) => version).join(', ')}.`,
    })
  }
  const above = live.filter(({ version }) => Number(version) > to).toReversed()
  return Promise.all(above.map((row) => readMigration(files, row, call)))
}

async function readMigration(files: Pick<ShopPort, 'readText'>, row: HistoryRow, call: Call): Promise<Migration> {
  const undoScript = row.script.replace(/^V/, 'U')
  const [sql, undoSql] = await Promise.all([
    files.readText(`current/migrations/${row.script}`, call),
    files.readText(`current/migrations/undo/${undoScript}`, call),
  ])
  if (sql === undefined || undoSql === undefined) {
    throw new RollbackError('PRECONDITION_FAILED', `current/migrations has no ${sql === undefined ? row.script : `undo/${undoScript}`}`, {
      hint: 'Undo migrations while the release that brought them is current: it has both scripts.',
    })
  }
  if ((crc32(sql) | 0) !== row.checksum) {
    throw new RollbackError('PRECONDITION_FAILED', `${row.script} was changed after it was applied (checksum ${row.checksum})`, {
      hint: 'Bring back the script that was applied; the changed one could not be redone.',
    })
  }
  return { row, sql, undoScript, undoSql }
}

/** Counts what would be taken out of use, in the order of the losses; refuses more than was accepted. */
export async function countRows(session: SqlSession, losses: readonly Loss[], rowsAtMost: number): Promise<readonly number[]> {
  const counts: number[] = []
  for (const { name, count } of losses) {
    const { rows } = await one<{ rows: number }>(session, count)
    if (rows > rowsAtMost) {
      throw new RollbackError('PRECONDITION_FAILED', `${name} has ${rows} rows, at most ${rowsAtMost} may be taken out of use`, {
        hint: 'Raise rowsAtMost if that is acceptable, and have the plan approved again.',
      })
    }
    counts.push(rows)
  }
  return counts
}

interface Facts {
  readonly resource: string
  readonly migrations: readonly Migration[]
  readonly losses: readonly Loss[]
  readonly rows: readonly number[]
  readonly rowsAtMost: number
  readonly live: string
  readonly target: string
}

/** One change for the schema, one for each table or column that goes. The hash of the scripts is part of where it ends. */
export function changesOf({ resource, migrations, losses, rows, rowsAtMost, live, target }: Facts): readonly Change[] {
  const oldest = migrations.at(-1)?.row
  if (oldest === undefined) return []
  const scripts = sha256Hex(migrations.map(({ undoSql }) => undoSql).join('\n'))
  const schema: Change = {
    resource,
    action: 'update',
    before: live,
    after: `${target} by ${scripts.slice(0, 16)}`,
    fields: [{ path: 'version', before: migrations[0]?.row.version ?? '', after: target.split(' ').at(-1)?.split(':')[0] ?? '' }],
  }
  const from = oldest.installedAt as Instant
  const gone = losses.map(({ name, isColumn }, index): Change => {
    const what = isColumn ? `values of ${name}` : `rows of ${name}`
    const dataLoss = { what, from, rows: rows[index] ?? 0, rowsAtMost, keptIn: 'schema backstep_salvage' }
    return { resource: `${resource}/${name}`, action: 'delete', before: `${isColumn ? 'column' : 'table'} ${name}`, dataLoss }
  })
  return [schema, ...gone]
}
