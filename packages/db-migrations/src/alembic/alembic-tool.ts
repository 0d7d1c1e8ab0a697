import { type Finding, RollbackError, type StepContext } from '@backstep/core'
import { identifier, type SqlSession } from '@backstep/postgres'
import { commentBack, commentOf, markOnTable, marksIn } from '../history-comment.ts'
import type { MigrationClient } from '../client.ts'
import { type HistoryLook, type MigrationTool, statement, type SqlStatement, type UndoWay } from '../migration-tool.ts'
import type { ToolRendered } from '../render-tool.ts'
import { requireTable } from '../require-table.ts'
import type { UndoSettings } from '../undo-work.ts'
import { type RenderedStep, renderedSteps } from './rendered-steps.ts'

export interface AlembicSettings extends UndoSettings {
  readonly project: string
  readonly command: string
  readonly config: string
  readonly environment: Readonly<Record<string, string>>
  readonly table: string
  readonly renderTimeoutMs: number
}

export interface AlembicLook extends HistoryLook {
  readonly revisions: readonly string[]
  readonly comment: string | null
}

/** Alembic renders its SQL and never meets the database. */
export const alembicTool: MigrationTool<AlembicSettings, AlembicLook> = {
  system: 'alembic',
  ownTables: ({ schema, table }) => [[schema, table]],
  async look(session, { schema, table }) {
    await requireTable(session, schema, table)
    const rows = await session.query<{ readonly revision: string; readonly written: string }>(
      `select version_num as revision, xmin::text || ctid::text as written from ${identifier(schema, table)} order by 1`,
    )
    const comment = await commentOf(session, schema, table)
    const revisions = rows.map(({ revision }) => revision)
    const version = revisions.join(', ') || 'nothing'
    return { revisions, comment, live: version, version, generation: rows.map(({ written }) => written).join(' '), marks: marksIn(comment) }
  },
  lock: (session, { schema, table }) => lockTable(session, schema, table),
  wayTo,
}

async function lockTable(session: SqlSession, schema: string, table: string): Promise<void> {
  await session.query(`lock table ${identifier(schema, table)} in share row exclusive mode`)
}

interface Work {
  readonly options: AlembicSettings
  readonly client: MigrationClient
  readonly look: AlembicLook
  readonly mark: string
}

async function wayTo({ options, client, look, mark }: Work, context: StepContext): Promise<UndoWay> {
  const from = onlyHead(look)
  const { to, schema, table } = options
  if (from === to) return { undone: [], live: to, version: to, findings: [] }
  const [down, up] = [
    await render(client, options, ['downgrade', `${from}:${to}`], context),
    await render(client, options, ['upgrade', `${to}:${from}`], context),
  ]
  const undos = await renderedSteps('alembic downgrade', down, table)
  const redos = (await renderedSteps('alembic upgrade', up, table)).toReversed()
  requirePairs(undos, redos, { from, to })
  const move = (was: string, is: string): SqlStatement =>
    statement(`update ${identifier(schema, table)} set version_num = $2 where version_num = $1`, [was, is])
  return {
    undone: undos.map((step, index) => {
      const back = redos[index] as RenderedStep
      return {
        id: step.from,
        undo: { path: `downgrade of ${step.from}`, text: step.sql },
        redo: { path: `upgrade to ${step.from}`, text: back.sql },
        afterUndo: [move(step.from, step.to), ...(index === undos.length - 1 ? [markOnTable(schema, table, mark)] : [])],
        afterRedo: [move(step.to, step.from), ...(index === 0 ? [commentBack(schema, table, look.comment)] : [])],
      }
    }),
    live: to,
    version: to,
    findings: [againAtStart(undos)],
  }
}

/** @throws RollbackError `TARGET_AMBIGUOUS` for several heads: which of them goes back cannot be said by one revision. */
function onlyHead({ revisions }: AlembicLook): string {
  const [head, ...others] = revisions
  if (head !== undefined && others.length === 0) return head
  if (head === undefined) {
    throw new RollbackError('TARGET_NOT_FOUND', 'No revision is applied to this database', { hint: 'There is nothing to undo.' })
  }
  throw new RollbackError('TARGET_AMBIGUOUS', `This database has several heads: ${revisions.join(', ')}`, {
    hint: 'Merge the branches first (alembic merge), or downgrade one of them by hand.',
  })
}

async function render(client: MigrationClient, options: AlembicSettings, args: readonly string[], context: StepContext): Promise<string> {
  const { project, command, config, environment, renderTimeoutMs } = options
  const request = {
    name: 'alembic',
    command,
    args: ['-c', config, ...args, '--sql'],
    currentFolder: project,
    environment,
    timeoutMs: renderTimeoutMs,
  }
  const rendered = await client.render(request, context)
  if (rendered.exitCode === 0) return rendered.output
  throw refused(rendered)
}

function refused({ output, errors }: ToolRendered): RollbackError {
  const said = /FAILED: (.*)/.exec(`${output}\n${errors}`)?.[1] ?? `${errors}\n${output}`.trim().split('\n').at(-1) ?? ''
  if (said.includes("Can't locate revision")) {
    return new RollbackError('TARGET_NOT_FOUND', `The project does not know a revision: ${said}`, {
      hint: 'Run the undo from the newer artefact, which has all revisions, before the code goes back; and give the whole revision id.',
    })
  }
  return new RollbackError('PRECONDITION_FAILED', `Alembic cannot render this downgrade as SQL: ${said}`, {
    hint: 'A migration that asks the database for data cannot be rendered. Undo it by hand.',
  })
}

function requirePairs(undos: readonly RenderedStep[], redos: readonly RenderedStep[], { from, to }: { from: string; to: string }): void {
  const isPaired =
    undos.length === redos.length && undos.every((step, index) => step.from === redos[index]?.to && step.to === redos[index]?.from)
  if (isPaired && undos[0]?.from === from && undos.at(-1)?.to === to) return
  throw new RollbackError('NOT_SUPPORTED', `There is no single line of revisions from ${from} back to ${to}`, {
    hint: 'Branches and merges have no one way back. Downgrade by hand.',
  })
}

function againAtStart(undos: readonly RenderedStep[]): Finding {
  return {
    level: 'warning',
    code: 'db-migrations.applied-again-at-start',
    message: `A release that upgrades when it starts applies ${undos.map(({ from }) => from).join(', ')} again`,
    hint: 'Bring the older code back right after this step, with the newer one stopped.',
  }
}
