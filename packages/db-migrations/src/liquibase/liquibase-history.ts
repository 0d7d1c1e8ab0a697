import { type JsonObject, RollbackError, sha256Hex } from '@backstep/core'
import { identifier, type SqlSession } from '@backstep/postgres'
import type { HistoryLook } from '../migration-tool.ts'

/** One row of Liquibase's history, every column as it is stored. */
export type ChangesetRow = JsonObject & {
  readonly id: string
  readonly author: string
  readonly filename: string
  readonly dateexecuted: string
  readonly orderexecuted: number
  readonly exectype: string
  readonly md5sum: string | null
  readonly description: string | null
  readonly comments: string | null
  readonly tag: string | null
  readonly liquibase: string | null
  readonly contexts: string | null
  readonly labels: string | null
  readonly deployment_id: string | null
}

export const historyColumns = [
  'id',
  'author',
  'filename',
  'dateexecuted',
  'orderexecuted',
  'exectype',
  'md5sum',
  'description',
  'comments',
  'tag',
  'liquibase',
  'contexts',
  'labels',
  'deployment_id',
] as const

export interface LiquibaseLook extends HistoryLook {
  readonly rows: readonly ChangesetRow[]
  readonly comment: string | null
}

/** As Liquibase itself names a changeset. */
export const nameOf = ({ filename, id, author }: ChangesetRow): string => `${filename}::${id}::${author}`

export async function readRows(session: SqlSession, schema: string, table: string): Promise<readonly ChangesetRow[]> {
  return session.query<ChangesetRow>(
    `select ${historyColumns.join(', ')} from ${identifier(schema, table)} order by orderexecuted, dateexecuted, id`,
  )
}

/** A history may have thousands of rows: which are applied is told by their number, the last one, and a hash over all of them. */
export function identityOf(rows: readonly ChangesetRow[]): string {
  const hash = sha256Hex(JSON.stringify(rows.map((row) => [nameOf(row), row.md5sum, row.exectype])))
  return `${rows.length} changesets up to ${versionOf(rows)} (${hash.slice(0, 16)})`
}

export function versionOf(rows: readonly ChangesetRow[]): string {
  const last = rows.at(-1)
  return last === undefined ? 'nothing' : nameOf(last)
}

/**
 * The changesets that go, newest first, and those that stay: up to a tag, or to a changeset by `file::id::author`.
 *
 * @throws RollbackError `TARGET_NOT_FOUND`, naming the tags that are there; `PRECONDITION_FAILED` for a tag on a changeset that was only marked
 * as run.
 */
export function splitAt(
  rows: readonly ChangesetRow[],
  to: string,
): { readonly leaving: readonly ChangesetRow[]; readonly staying: readonly ChangesetRow[] } {
  const tagged = rows.findLastIndex(({ tag }) => tag === to)
  const at = tagged >= 0 ? tagged : rows.findLastIndex((row) => nameOf(row) === to)
  if (at < 0) {
    const tags = rows.flatMap(({ tag }) => tag ?? [])
    throw new RollbackError('TARGET_NOT_FOUND', `There is neither a tag nor an applied changeset ${to}`, {
      hint: `Tags: ${tags.join(', ') || 'none'}. A changeset is written as file::id::author, with the file as the history has it.`,
    })
  }
  if (tagged >= 0 && rows[at]?.exectype === 'MARK_RAN') {
    throw new RollbackError('PRECONDITION_FAILED', `The tag ${to} stands on a changeset that was marked as run and never ran`, {
      hint: 'Name the changeset to go back to, as file::id::author.',
    })
  }
  return { leaving: rows.slice(at + 1).toReversed(), staying: rows.slice(0, at + 1) }
}

/** The history as Liquibase keeps it offline: the tool can render from it, and never meets the database. */
export function offlineHistory(rows: readonly ChangesetRow[]): string {
  const quoted = (value: string | number | null): string => (value === null ? '' : `"${String(value).replaceAll('"', '""')}"`)
  const line = (row: ChangesetRow): string =>
    historyColumns.map((column) => quoted(column === 'dateexecuted' ? row.dateexecuted.replace(' ', 'T') : row[column])).join(',')
  return [historyColumns.map((column) => quoted(column.toUpperCase())).join(','), ...rows.map(line), ''].join('\n')
}
