import { type Change, type Finding, type Preparation, type PrepareContext, RollbackError, sha256Hex } from '@backstep/core'
import { readOnly, sessionName, type SqlSession } from '@backstep/postgres'
import { findKeptData, type FoundData, keptSchema, requireRowsAtMost } from './kept-data.ts'
import type { MigrationClient } from './client.ts'
import type { HistoryLook, MigrationTool, UndoWay } from './migration-tool.ts'
import { touchedData } from './touched-data.ts'
import { dataFindings, estimatesOf, surroundingFindings } from './undo-findings.ts'
import { lookAt, type SchemaLook } from './undo-position.ts'
import { backStatements, forwardStatements, readMigrations, type ReadMigration } from './undo-statements.ts'
import type { UndoPrepared, UndoSettings, UndoSnapshot } from './undo-work.ts'

type UndoPreparation = Preparation<UndoPrepared, 'reversible' | 'data-loss', UndoSnapshot>

/** Reads the database, the scripts and what they touch, in one read-only snapshot. */
export async function prepareUndo<O extends UndoSettings, L extends HistoryLook>(
  tool: MigrationTool<O, L>,
  { options, client }: { readonly options: O; readonly client: MigrationClient },
  context: PrepareContext,
): Promise<UndoPreparation> {
  const { mark } = context
  return readOnly(client, context, { name: sessionName(mark, 'prepare') }, async (session) => {
    const look = await lookAt(session, tool, options)
    if (look.isInRecovery) {
      throw new RollbackError('PRECONDITION_FAILED', 'This server is a standby: nothing can be written to it', {
        hint: 'Give the address of the primary.',
      })
    }
    const way = await tool.wayTo({ options, client, look: look.history, mark }, context)
    const read = await readMigrations(way.undone)
    return preparationOf({ tool, options, session, look, way, read, mark })
  })
}

interface Found<O extends UndoSettings, L extends HistoryLook> {
  readonly tool: MigrationTool<O, L>
  readonly options: O
  readonly session: SqlSession
  readonly look: SchemaLook<L>
  readonly way: UndoWay
  readonly read: readonly ReadMigration[]
  readonly mark: string
}

async function preparationOf<O extends UndoSettings, L extends HistoryLook>(found: Found<O, L>): Promise<UndoPreparation> {
  const { tool, options, session, look, way, read, mark } = found
  const data = await dataOf(found)
  const { kept } = data
  const resource = `${look.database}/${options.schema}`
  const limits = kept.map(({ rows }) => options.rowsAtMost ?? margin(rows))
  const surroundings = read.length === 0 ? [] : await surroundingFindings(session, [...new Set(kept.map(({ table }) => table))])
  const label = `${tool.system} to ${way.version}`
  const { undoMs, backMs } = estimatesOf(kept)
  return {
    prepared: {
      database: look.database,
      generation: look.history.generation,
      before: { live: look.history.live, fingerprint: look.fingerprint, version: look.history.version },
      target: { live: way.live, version: way.version },
    },
    snapshot: {
      kept,
      rowsAtMost: limits,
      forward: forwardStatements(read, { mark, kept, label, schema: options.schema }),
      back: backStatements(read, { mark, kept, label, schema: options.schema }),
    },
    summary: summaryOf(tool.system, way, look.history.version),
    changes: read.length === 0 ? [] : changesOf({ resource, way, data, limits, before: look.history.live, mark }),
    guards: [
      { resource, property: 'migrations', equals: look.history.live },
      { resource, property: 'fingerprint', equals: look.fingerprint },
    ],
    leases: [look.database],
    risk: read.length === 0 ? [] : [data.isLossy ? 'data-loss' : 'reversible'],
    undo: { risk: data.isLossy ? 'data-loss' : 'reversible', estimate: { duration: `${backMs}ms`, downtime: `${backMs}ms` } },
    findings: [...way.findings, ...surroundings, ...data.findings],
    estimate: { duration: `${undoMs}ms`, downtime: `${undoMs}ms` },
  }
}

function summaryOf(system: string, { undone, version }: UndoWay, from: string): string {
  if (undone.length === 0) return `Leave the schema at ${version}: ${system} is there already`
  return `Take the schema back from ${from} to ${version} (undo ${undone.map(({ id }) => id).join(', ')})`
}

interface UndoData extends FoundData {
  readonly isLossy: boolean
  readonly findings: readonly Finding[]
}

/** @throws RollbackError `PRECONDITION_FAILED` when something would be lost and the plan does not accept that. */
async function dataOf<O extends UndoSettings, L extends HistoryLook>({ options, session, read, mark }: Found<O, L>): Promise<UndoData> {
  const all = read.flatMap(({ undoStatements }) => undoStatements)
  const { touched, unclear } = touchedData(all, options.schema)
  const canPark = all.every(({ kind, node }) => kind !== 'DropStmt' || parkable.has(String(node['removeType'])))
  const found = await findKeptData(session, touched, { mark, canPark })
  const reasons = unclear.map(({ statement, why }) => `${why} ("${statement.text.slice(0, 60).replaceAll(/\s+/g, ' ')}")`)
  const isLossy = found.unkept.length > 0 || reasons.length > 0
  if (isLossy && options.losses === 'keep') {
    const what = [...found.unkept.map(({ label, rows, why }) => `${rows} rows of ${label}: ${why}`), ...reasons].join('; ')
    throw new RollbackError('PRECONDITION_FAILED', `Not everything that the undo takes away can be kept: ${what}`, {
      hint: `Dump it before this step and set losses: 'accept', or rewrite the undo script.`,
    })
  }
  requireRowsAtMost(
    found.kept,
    found.kept.map(({ rows }) => rows),
    options.rowsAtMost,
  )
  return { ...found, isLossy, findings: dataFindings(found, reasons) }
}

/** What a parked table cannot depend on, so that it is no matter whether it is still there. */
const parkable = new Set(['OBJECT_TABLE', 'OBJECT_INDEX', 'OBJECT_VIEW', 'OBJECT_MATVIEW'])

/** Room for rows that arrive between the approval and the run, without a new limit for each of them. */
function margin(rows: number): number {
  return 2 ** Math.ceil(Math.log2(rows * 1.1 + 100))
}

interface ChangesRequest {
  readonly resource: string
  readonly way: UndoWay
  readonly data: FoundData
  readonly limits: readonly number[]
  readonly before: string
  readonly mark: string
}

/** One change for the schema, and one for each table or column that is taken out of use. The hash of the scripts leaves out our mark. */
function changesOf({ resource, way, data, limits, before, mark }: ChangesRequest): readonly Change[] {
  const scripts = sha256Hex(JSON.stringify(way.undone.map(({ undo, redo }) => [undo.text, redo.text])).replaceAll(mark, ''))
  return [
    {
      resource,
      action: 'update',
      before,
      after: `${way.live} by scripts ${scripts.slice(0, 16)}`,
      fields: way.undone.map(({ id, undo }) => ({ path: id, before: 'applied', after: `undone by ${undo.path}` })),
    },
    ...data.kept.map((kept, index): Change => ({
      resource: `${resource}/${kept.label}`,
      action: kept.kind === 'table' || kept.kind === 'column' ? 'delete' : 'update',
      dataLoss: {
        what: lostBy[kept.kind].replace('%', kept.label),
        rows: kept.rows,
        ...(limits[index] === undefined ? {} : { rowsAtMost: limits[index] }),
        keptIn: keptSchema(mark),
      },
    })),
    ...data.unkept.map(({ label, rows, why }): Change => ({
      resource: `${resource}/${label}`,
      action: 'delete',
      dataLoss: { what: `rows of ${label}, because ${why}`, rows, rowsAtMost: margin(rows) },
    })),
  ]
}

const lostBy = {
  table: 'all rows of %',
  column: 'the values of %',
  values: 'former values of %',
  rows: 'rows of %',
} as const
