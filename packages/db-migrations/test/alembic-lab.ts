import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { PostgresServer, PythonTool, TestDatabase } from '@backstep/testbed'

export const sampleProject: string = fileURLToPath(new URL('./alembic-sample', import.meta.url))

export interface AlembicEnd {
  readonly exitCode: number
  readonly output: string
}

/** The real Alembic, and one database that it has upgraded. */
export interface AlembicLab {
  readonly database: TestDatabase
  alembic(args: readonly string[], project?: string): Promise<AlembicEnd>
}

export interface AlembicLabOptions {
  readonly server: PostgresServer
  readonly alembic: PythonTool
  readonly template?: string
}

export async function alembicLab({ server, alembic, template }: AlembicLabOptions): Promise<AlembicLab> {
  const database = await server.database(template === undefined ? {} : { template })
  const lab: AlembicLab = { database, alembic: (args, project = sampleProject) => run(alembic.command, args, project, database.url) }
  if (template !== undefined) return lab
  await lab.alembic(['upgrade', 'head'])
  await database.sql(`insert into customers select n, 'CUSTOMER ' || n, case when n > 2 then '+49' || n end from generate_series(1, 6) n;
    insert into orders select n, n from generate_series(1, 3) n; insert into vouchers select n, 'V' || n from generate_series(1, 4) n`)
  return lab
}

function run(command: string, args: readonly string[], cwd: string, url: string): Promise<AlembicEnd> {
  const env = { ...process.env, SAMPLE_URL: url.replace('postgresql://', 'postgresql+psycopg://'), PYTHONDONTWRITEBYTECODE: '1' }
  return new Promise((resolve) => {
    execFile(command, [...args], { cwd, env, timeout: 60_000 }, (error, output, errors) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), output: output + errors })
    })
  })
}
