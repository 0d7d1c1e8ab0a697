import { RollbackError, type StepContext } from '@backstep/core'
import type { MigrationClient } from '../client.ts'
import { type ChangesetRow, offlineHistory } from './liquibase-history.ts'
import type { LiquibaseSettings } from './liquibase-tool.ts'

interface RenderRequest {
  readonly client: MigrationClient
  readonly options: LiquibaseSettings
  /** What Liquibase is told to be applied. */
  readonly rows: readonly ChangesetRow[]
  readonly args: readonly string[]
}

const heading = /^-- (?:Rolling Back ChangeSet:|Changeset) (.*\S)\s*$/

/**
 * The SQL of each changeset that Liquibase would run, by its name. Liquibase is given a copy of the history in a file and the address of an
 * offline database, so it opens no connection, takes no lock, and sees no password.
 *
 * @throws RollbackError `PRECONDITION_FAILED` when it refuses: a changeset without a rollback, one that was changed since it ran, a changelog
 * that cannot be read.
 */
export async function renderedChangesets(
  { client, options, rows, args }: RenderRequest,
  context: StepContext,
): Promise<ReadonlyMap<string, string>> {
  const { project, changelog, command, renderTimeoutMs } = options
  const rendered = await client.render(
    {
      name: 'liquibase',
      command,
      currentFolder: project,
      environment: {},
      files: { 'history.csv': offlineHistory(rows) },
      args: [
        '--url=offline:postgresql?changeLogFile={folder}/history.csv&outputLiquibaseSql=none',
        `--changelog-file=${changelog}`,
        '--show-banner=false',
        ...args,
      ],
      timeoutMs: renderTimeoutMs,
    },
    context,
  )
  // What it printed before it failed looks complete and is not.
  if (rendered.exitCode !== 0) throw refused(`${rendered.errors}\n${rendered.output}`)
  return sections(rendered.output)
}

function sections(output: string): ReadonlyMap<string, string> {
  const found = new Map<string, string[]>()
  let current: string[] | undefined
  for (const line of output.split('\n')) {
    const [, name] = heading.exec(line) ?? []
    if (name === undefined) current?.push(line)
    else found.set(name, (current = []))
  }
  return new Map([...found].map(([name, lines]) => [name, lines.join('\n')]))
}

function refused(said: string): RollbackError {
  const reason =
    /Unexpected error running Liquibase: (.*)/.exec(said)?.[1] ?? /ERROR: (.*)/.exec(said)?.[1] ?? said.trim().split('\n').at(-1) ?? ''
  const isDrift = /check ?sum/i.test(said)
  return new RollbackError('PRECONDITION_FAILED', `Liquibase cannot render this rollback: ${reason.trim().slice(0, 300)}`, {
    hint: isDrift
      ? 'Use the changelog that updated this database: a changeset was changed since it ran.'
      : 'Write a rollback for each changeset that goes, in the changelog of the newer artefact.',
  })
}
