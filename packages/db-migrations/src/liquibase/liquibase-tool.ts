import { RollbackError, type StepContext } from '@backstep/core'
import { identifier, type SqlSession } from '@backstep/postgres'
import { commentBack, commentOf, markOnTable, marksIn } from '../history-comment.ts'
import type { MigrationClient } from '../client.ts'
import { type MigrationTool, statement, type SqlStatement, type UndoWay } from '../migration-tool.ts'
import { requireTable } from '../require-table.ts'
import type { UndoSettings } from '../undo-work.ts'
import {
  type ChangesetRow,
  historyColumns,
  identityOf,
  type LiquibaseLook,
  nameOf,
  readRows,
  splitAt,
  versionOf,
} from './liquibase-history.ts'
import { renderedChangesets } from './rendered-changesets.ts'

export interface LiquibaseSettings extends UndoSettings {
  readonly project: string
  readonly changelog: string
  readonly command: string
  readonly table: string
  readonly lockTable: string
  readonly renderTimeoutMs: number
}

/** Liquibase renders its SQL from a copy of the history, offline. */
export const liquibaseTool: MigrationTool<LiquibaseSettings, LiquibaseLook> = {
  system: 'liquibase',
  ownTables: ({ schema, table, lockTable }) => [
    [schema, table],
    [schema, lockTable],
  ],
  async look(session, { schema, table }) {
    await requireTable(session, schema, table)
    const rows = await readRows(session, schema, table)
    const [written] = await session.query<{ readonly generation: string }>(
      `select coalesce(md5(string_agg(xmin::text || ctid::text, ' ' order by ctid)), '') as generation from ${identifier(schema, table)}`,
    )
    const comment = await commentOf(session, schema, table)
    return {
      rows,
      comment,
      live: identityOf(rows),
      version: versionOf(rows),
      generation: written?.generation ?? '',
      marks: marksIn(comment),
    }
  },
  lock: lockHistory,
  wayTo,
}

/** Liquibase says in a row that it is at work. While that table is locked here, it waits. */
async function lockHistory(session: SqlSession, { schema, table, lockTable }: LiquibaseSettings): Promise<void> {
  const lock = identifier(schema, lockTable)
  await session.query(`lock table ${lock}, ${identifier(schema, table)} in share row exclusive mode`)
  const [held] = await session.query<{ readonly by: string; readonly since: string }>(
    `select coalesce(lockedby, 'unknown') as by, coalesce(lockgranted::text, 'unknown') as since from ${lock} where locked`,
  )
  if (held === undefined) return
  throw new RollbackError('LEASE_HELD', `Liquibase is at work here, or was killed: locked by ${held.by} since ${held.since}`, {
    hint: 'Wait until it has ended. If that process is gone and no session of it is left in pg_stat_activity, run liquibase release-locks.',
  })
}

interface Work {
  readonly options: LiquibaseSettings
  readonly client: MigrationClient
  readonly look: LiquibaseLook
  readonly mark: string
}

async function wayTo({ options, client, look, mark }: Work, context: StepContext): Promise<UndoWay> {
  const { schema, table } = options
  const { leaving, staying } = splitAt(look.rows, options.to)
  const end = { live: identityOf(staying), version: versionOf(staying) }
  if (leaving.length === 0) return { ...end, undone: [], findings: [] }
  const undos = await renderedChangesets(
    { client, options, rows: look.rows, args: ['rollback-count-sql', `--count=${leaving.length}`] },
    context,
  )
  const redos = await renderedChangesets({ client, options, rows: staying, args: ['update-sql'] }, context)
  requireAll(leaving, undos, redos)
  return {
    ...end,
    undone: leaving.map((row, index) => ({
      id: nameOf(row),
      undo: { path: `rollback of ${nameOf(row)}`, text: undos.get(nameOf(row)) ?? '' },
      redo: { path: nameOf(row), text: redos.get(nameOf(row)) ?? '' },
      afterUndo: [removeRow(options, row), ...(index === leaving.length - 1 ? [markOnTable(schema, table, mark)] : [])],
      afterRedo: [putRow(options, row), ...(index === 0 ? [commentBack(schema, table, look.comment)] : [])],
    })),
    findings: [
      {
        level: 'warning',
        code: 'db-migrations.applied-again-at-start',
        message: `A release that updates when it starts applies ${leaving.map(nameOf).join(', ')} again`,
        hint: 'Bring the older code back right after this step, with the newer one stopped.',
      },
    ],
  }
}

/** Liquibase leaves out what its changelog does not know, and says nothing: it would undo older changesets instead. */
function requireAll(leaving: readonly ChangesetRow[], undos: ReadonlyMap<string, string>, redos: ReadonlyMap<string, string>): void {
  const names = leaving.map(nameOf)
  const lacking = names.filter((name) => !undos.has(name) || !redos.has(name))
  const others = [...undos.keys()].filter((name) => !names.includes(name))
  if (lacking.length === 0 && others.length === 0) return
  throw new RollbackError(
    'PRECONDITION_FAILED',
    `The changelog does not have these applied changesets: ${lacking.join(', ') || 'none'}${others.length === 0 ? '' : `; it would undo ${others.join(', ')} instead`}`,
    {
      hint: 'Use the changelog of the newer artefact, by the same path as in the history, before the code goes back.',
    },
  )
}

function removeRow({ schema, table }: LiquibaseSettings, { id, author, filename, orderexecuted }: ChangesetRow): SqlStatement {
  return statement(`delete from ${identifier(schema, table)} where id = $1 and author = $2 and filename = $3 and orderexecuted = $4`, [
    id,
    author,
    filename,
    orderexecuted,
  ])
}

function putRow({ schema, table }: LiquibaseSettings, row: ChangesetRow): SqlStatement {
  const places = historyColumns.map((_, index) => `$${index + 1}`).join(', ')
  return statement(
    `insert into ${identifier(schema, table)} (${historyColumns.join(', ')}) values (${places})`,
    historyColumns.map((column) => row[column]),
  )
}
