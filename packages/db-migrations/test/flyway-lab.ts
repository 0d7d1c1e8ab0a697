import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { readFile } from 'node:fs/promises'
import type { CommandTool, PostgresServer, TestDatabase } from '@backstep/testbed'

export const sampleSql: string = fileURLToPath(new URL('./flyway-sample/sql', import.meta.url))
export const sampleUndo: string = fileURLToPath(new URL('./flyway-sample/undo', import.meta.url))

/** The real Flyway, and one database that it has migrated. */
export interface FlywayLab {
  readonly database: TestDatabase
  /** One command of Flyway; its JSON. */
  flyway(command: string, options?: { readonly folder?: string; readonly more?: readonly string[] }): Promise<FlywayAnswer>
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the answers of Flyway differ from command to command
export type FlywayAnswer = any

/** A database with the sample migrations and rows; a copy of `template` when there is one. */
export async function flywayLab({
  server,
  flyway,
  template,
  folder = sampleSql,
}: {
  readonly server: PostgresServer
  readonly flyway: CommandTool
  readonly template?: string
  readonly folder?: string
}): Promise<FlywayLab> {
  const database = await server.database(template === undefined ? {} : { template })
  const lab: FlywayLab = {
    database,
    flyway: (command, { folder: other = folder, more = [] } = {}) => runFlyway(flyway, server, { database, command, folder: other, more }),
  }
  if (template !== undefined) return lab
  await lab.flyway('migrate')
  if (folder === sampleSql) await database.sql(await readFile(new URL('./flyway-sample/rows.sql', import.meta.url), 'utf8'))
  return lab
}

function runFlyway(
  { command: program }: CommandTool,
  server: PostgresServer,
  { database, command, folder, more }: { database: TestDatabase; command: string; folder: string; more: readonly string[] },
): Promise<FlywayAnswer> {
  const args = [
    '-skipCheckForUpdate',
    '-outputType=json',
    `-url=jdbc:postgresql://127.0.0.1:${server.port}/${database.name}`,
    `-user=${server.role.name}`,
    `-locations=filesystem:${folder}`,
    ...more,
    command,
  ]
  const env = { ...process.env, FLYWAY_PASSWORD: server.role.password }
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, timeout: 60_000, maxBuffer: 1 << 24 }, (error, output, errors) => {
      try {
        resolve(JSON.parse(output))
      } catch {
        reject(error ?? new Error(`no JSON from flyway ${command}: ${output} ${errors}`))
      }
    })
  })
}
