import type { JsonObject } from '@backstep/core'

/** One row of Flyway's schema history. */
export type HistoryRow = JsonObject & {
  readonly rank: number
  /** Without prefix: `5.0`, not `V5.0`. `null` for a repeatable migration. */
  readonly version: string | null
  readonly description: string
  readonly type: string
  readonly script: string
  readonly checksum: number | null
  readonly by: string
  readonly success: boolean
}

/** Rows that stand for no script: where a history begins. */
const floorTypes = new Set(['BASELINE', 'SCHEMA', 'SQL_BASELINE'])
/** Types that the open-source reader knows. Any other one makes each of its commands fail. */
const knownTypes = new Set(['SCHEMA', 'BASELINE', 'DELETE', 'SQL', 'JDBC', 'SCRIPT', 'CUSTOM', 'SQL_BASELINE', 'UNDO_SQL', 'UNDO_SCRIPT'])
const cancels = new Set(['DELETE', 'UNDO_SQL', 'UNDO_SCRIPT'])

export const isFloor = ({ type }: HistoryRow): boolean => floorTypes.has(type)

/** Types of rows that Flyway would not know, either. */
export function unknownTypes(rows: readonly HistoryRow[]): readonly string[] {
  return [...new Set(rows.map(({ type }) => type).filter((type) => !knownTypes.has(type)))]
}

/**
 * Versioned rows that still count, oldest first: a row of type DELETE (or an undo row of the licensed edition) cancels the row of its version
 * before it. The marker of a created schema and repeatable migrations are no versions.
 */
export function liveRows(rows: readonly HistoryRow[]): readonly HistoryRow[] {
  const live: HistoryRow[] = []
  for (const row of rows) {
    if (row.version === null || row.type === 'SCHEMA') continue
    if (!cancels.has(row.type)) {
      live.push(row)
      continue
    }
    const at = live.findLastIndex(({ version }) => version !== null && isSameVersion(version, row.version ?? ''))
    if (at >= 0) live.splice(at, 1)
  }
  return live
}

/** Which versions are applied, with which scripts: what Flyway compares with the files. */
export function identityOf(rows: readonly HistoryRow[]): string {
  return rows.map(({ version, checksum, success }) => `${version}:${checksum}:${success}`).join(' ')
}

/** Numbers part by part, as Flyway compares: `5` and `5.0` are one version, `1.10` is newer than `1.9`. Below 0 when the first is older. */
export function compareVersions(one: string, other: string): number {
  const [left, right] = [partsOf(one), partsOf(other)]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [a, b] = [left[index] ?? 0n, right[index] ?? 0n]
    if (a !== b) return a < b ? -1 : 1
  }
  return 0
}

export const isSameVersion = (one: string, other: string): boolean => compareVersions(one, other) === 0

/** Versions may be times of 17 digits, which no floating point number holds. */
function partsOf(version: string): readonly bigint[] {
  return version.split(/[._]/).map((part) => (/^\d+$/.test(part) ? BigInt(part) : 0n))
}

/**
 * The key of the transaction lock that Flyway takes around every migration on PostgreSQL: 77431708279161 plus the Java hash code of the
 * quoted name of the history table (flyway-database-postgresql, PostgreSQLAdvisoryLockTemplate).
 */
export function flywayLockKey(schema: string, table: string): bigint {
  let hash = 0
  for (const unit of Array.from({ length: schema.length + table.length + 5 }, (_, index) => `"${schema}"."${table}"`.charCodeAt(index))) {
    hash = (Math.imul(hash, 31) + unit) | 0
  }
  return 77_431_708_279_161n + BigInt(hash)
}
