import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CommandTool, PostgresServer, TestDatabase } from '@backstep/testbed'

export const sampleProject: string = fileURLToPath(new URL('./liquibase-sample', import.meta.url))
export const changelog = 'db/changelog.sql'

export interface LiquibaseEnd {
  readonly exitCode: number
  readonly output: string
}

/** The real Liquibase, and one database that it has updated and tagged. */
export interface LiquibaseLab {
  readonly database: TestDatabase
  liquibase(args: readonly string[], project?: string): Promise<LiquibaseEnd>
}

export interface LiquibaseLabOptions {
  readonly server: PostgresServer
  readonly liquibase: CommandTool
  readonly template?: string
}

export async function liquibaseLab({ server, liquibase, template }: LiquibaseLabOptions): Promise<LiquibaseLab> {
  const database = await server.database(template === undefined ? {} : { template })
  const url = `jdbc:postgresql://127.0.0.1:${server.port}/${database.name}`
  const lab: LiquibaseLab = {
    database,
    liquibase: (args, project = sampleProject) =>
      run(
        liquibase.command,
        [`--url=${url}`, `--username=${server.role.name}`, `--changelog-file=${changelog}`, '--show-banner=false', ...args],
        project,
        server.role.password,
      ),
  }
  if (template !== undefined) return lab
  await lab.liquibase(['update-count', '--count=1'])
  await lab.liquibase(['tag', '--tag=release-1'])
  await lab.liquibase(['update'])
  await database.sql(`insert into customers select n, 'customer ' || n, case when n > 2 then '+49' || n end from generate_series(1, 6) n;
    insert into orders select n, n from generate_series(1, 3) n; insert into vouchers select n, 'V' || n from generate_series(1, 4) n`)
  return lab
}

function run(command: string, args: readonly string[], cwd: string, password: string): Promise<LiquibaseEnd> {
  return new Promise((resolve) => {
    execFile(
      command,
      [...args],
      { cwd, env: { ...process.env, LIQUIBASE_COMMAND_PASSWORD: password }, timeout: 60_000 },
      (error, output, errors) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code), output: output + errors })
      },
    )
  })
}
