import { type Finding, RollbackError, type StepContext } from '@backstep/core'
import { identifier } from '@backstep/postgres'
import type { MigrationClient } from '../client.ts'
import { signature, type SqlStatement, statement, type UndoneMigration, type UndoWay } from '../migration-tool.ts'
import { flywayScripts, type FlywayScript, scriptOf, withPlaceholders } from './flyway-files.ts'
import { compareVersions, type HistoryRow, identityOf, isFloor, isSameVersion, liveRows, unknownTypes } from './flyway-history.ts'
import type { FlywayLook, FlywaySettings } from './flyway-tool.ts'

interface Work {
  readonly options: FlywaySettings
  readonly client: MigrationClient
  readonly look: FlywayLook
  readonly mark: string
}

/** Which versions go, newest applied first, with both scripts of each. */
export async function wayTo({ options, client, look, mark }: Work, context: StepContext): Promise<UndoWay> {
  requireSoundHistory(look.rows)
  const live = liveRows(look.rows)
  const { leaving, staying } = split(live, options.to)
  const scripts = leaving.length === 0 ? [] : await scriptsOf(client, options, context)
  requireScripts(leaving, scripts, options)
  return {
    undone: leaving.map((row) => undoneOf(row, scripts, { options, mark })),
    live: identityOf(staying),
    version: staying.at(-1)?.version ?? options.to,
    findings: findingsOf({ leaving, live, scripts }),
  }
}

/** U scripts may lie beside the V scripts or in a folder of their own. */
export async function scriptsOf(
  client: MigrationClient,
  { migrations, undo }: Pick<FlywaySettings, 'migrations' | 'undo'>,
  context: StepContext,
): Promise<readonly FlywayScript[]> {
  const folders = [...new Set([migrations, undo ?? migrations])]
  const files = await Promise.all(folders.map((folder) => client.readFolder({ folder, endings: ['.sql'] }, context)))
  return flywayScripts([...new Map(files.flat().map((file) => [file.path, file])).values()])
}

/** @throws RollbackError `TARGET_NOT_FOUND` when the target is not applied. Below the baseline nothing can be. */
export function split(
  live: readonly HistoryRow[],
  to: string,
): { readonly leaving: readonly HistoryRow[]; readonly staying: readonly HistoryRow[] } {
  const target = to.replace(/^V/, '')
  if (!/^\d+([._]\d+)*$/.test(target) || !live.some(({ version }) => isSameVersion(version ?? '', target))) {
    const floor = live.find(isFloor)
    throw new RollbackError(
      'TARGET_NOT_FOUND',
      `Version ${to} is not applied${floor === undefined ? '' : `; the baseline is ${floor.version}`}`,
      {
        hint: `Choose one of: ${live.map(({ version }) => version).join(', ') || 'none'}.`,
      },
    )
  }
  const isNewer = ({ version }: HistoryRow): boolean => compareVersions(version ?? '', target) > 0
  return { leaving: live.filter(isNewer).toReversed(), staying: live.filter((row) => !isNewer(row)) }
}

/** @throws RollbackError `PRECONDITION_FAILED` for a history that Flyway itself would not go on from. */
function requireSoundHistory(rows: readonly HistoryRow[]): void {
  const unknown = unknownTypes(rows)
  if (unknown.length > 0) {
    throw new RollbackError('PRECONDITION_FAILED', `The history holds rows of an unknown type: ${unknown.join(', ')}`, {
      hint: 'Check that this is a history of Flyway.',
    })
  }
  const failed = liveRows(rows).filter(({ success }) => !success)
  if (failed.length === 0) return
  throw new RollbackError(
    'PRECONDITION_FAILED',
    `Version ${failed.map(({ version }) => version).join(', ')} failed half-way and is recorded so`,
    {
      hint: 'Clean up what it has left, then run flyway repair.',
    },
  )
}

/** @throws RollbackError `PRECONDITION_FAILED`, naming every version that lacks a script or was changed since it was applied. */
function requireScripts(leaving: readonly HistoryRow[], scripts: readonly FlywayScript[], { migrations, undo }: FlywaySettings): void {
  const lacking = leaving.filter(({ version }) => scriptOf(scripts, 'versioned', version ?? '') === undefined)
  if (lacking.length > 0) {
    const strange = lacking.filter(({ type }) => type !== 'SQL')
    throw new RollbackError('PRECONDITION_FAILED', `${migrations} lacks the scripts of applied versions: ${listed(lacking)}`, {
      hint:
        strange.length > 0
          ? `${listed(strange)} is no SQL script; there would be no way back. Undo it by hand.`
          : 'Run the undo from the newer artefact, which has them, before the code goes back.',
    })
  }
  const undoLess = leaving.filter(({ version }) => scriptOf(scripts, 'undo', version ?? '') === undefined)
  if (undoLess.length > 0) {
    throw new RollbackError('PRECONDITION_FAILED', `There is no undo script of ${listed(undoLess)} in ${undo ?? migrations}`, {
      hint: `Write ${undoLess.map(({ version }) => `U${version}__*.sql`).join(', ')}, or leave the schema and go back with the code alone.`,
    })
  }
  const changed = leaving.filter(
    ({ version, checksum }) => checksum !== null && scriptOf(scripts, 'versioned', version ?? '')?.checksum !== checksum,
  )
  if (changed.length === 0) return
  throw new RollbackError('PRECONDITION_FAILED', `Not the scripts that were applied, by their checksums: ${listed(changed)}`, {
    hint: 'Use the artefact that migrated this database: an undo of another script undoes something else.',
  })
}

function undoneOf(row: HistoryRow, scripts: readonly FlywayScript[], { options, mark }: Pick<Work, 'options' | 'mark'>): UndoneMigration {
  const version = row.version ?? ''
  const [forward, back] = [scriptOf(scripts, 'versioned', version), scriptOf(scripts, 'undo', version)] as [FlywayScript, FlywayScript]
  const values = { 'flyway:defaultSchema': options.schema, 'flyway:table': options.table, ...options.placeholders }
  const filled = (script: FlywayScript) => ({ path: script.path, text: withPlaceholders(script, values) })
  return {
    id: `V${version}`,
    undo: filled(back),
    redo: filled(forward),
    afterUndo: [historyRow(options, { ...row, type: 'DELETE', checksum: null }, mark)],
    afterRedo: [historyRow(options, row, mark)],
  }
}

/** A row of type DELETE is what `flyway repair` writes: every edition reads it, and the version is pending again. */
function historyRow({ schema, table }: FlywaySettings, row: HistoryRow, mark: string): SqlStatement {
  const history = identifier(schema, table)
  return statement(
    `insert into ${history} (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
      select max(installed_rank) + 1, $1, $2, $3, $4, $5::int, left(current_user, 30) || ' ' || $6, 0, true from ${history}`,
    [row.version, row.description, row.type, row.script, row.checksum, signature(mark)],
  )
}

interface Leaving {
  readonly leaving: readonly HistoryRow[]
  readonly live: readonly HistoryRow[]
  readonly scripts: readonly FlywayScript[]
}

function findingsOf({ leaving, live, scripts }: Leaving): readonly Finding[] {
  if (leaving.length === 0) return []
  const repeatable = scripts.filter(({ kind }) => kind === 'repeatable')
  const oldest = leaving.at(-1)?.rank ?? 0
  const later = live.filter((row) => row.rank > oldest && !leaving.includes(row))
  const found: Finding[] = [
    {
      level: 'warning',
      code: 'db-migrations.applied-again-at-start',
      message: `A service of the newer release applies ${listed(leaving)} again when it starts`,
      hint: 'Bring the older code back right after this step, with the newer one stopped.',
    },
  ]
  if (repeatable.length > 0) {
    found.push({
      level: 'info',
      code: 'db-migrations.repeatable-stays',
      message: `Repeatable migrations are not undone: ${repeatable.map(({ path }) => path).join(', ')}`,
      hint: 'Check that they fit the older schema; the older release applies its own version of them again.',
    })
  }
  if (later.length > 0) {
    found.push({
      level: 'warning',
      code: 'db-migrations.out-of-order',
      message: `${listed(later)} was applied after a version that is undone, and stays`,
      hint: 'Check that it does not rest on what is undone.',
    })
  }
  return found
}

const listed = (rows: readonly HistoryRow[]): string => rows.map(({ version }) => `V${version}`).join(', ')
