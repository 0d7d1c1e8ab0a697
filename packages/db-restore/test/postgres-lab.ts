import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { secret, type Json } from '@backstep/core'
import { postgresClient, readOnly, withSession, type SqlSession } from '@backstep/postgres'
import type { OwnPostgres } from '@backstep/testbed'
import { recordingContext } from '@backstep/testing'
import { postgresRestoreClient, type Backup } from '../src/index.ts'

/** A server of one test file, and its tools. */
export interface PostgresPlace {
  /** Of its superuser, at the database `postgres`. */
  readonly url: string
  readonly binaries: string
}

type Server = Pick<OwnPostgres, 'urlOf' | 'superuser' | 'bin'>

export const placeOf = ({ urlOf, superuser: { name, password }, bin }: Server): PostgresPlace => ({
  url: urlOf({ database: 'postgres', role: name, password }),
  binaries: bin,
})

const run = promisify(execFile)
export const urlSecret = secret('PG_URL')

/** Looks at and changes a server from outside of the steps. */
export interface PostgresLab extends PostgresPlace {
  readonly folder: string
  sql(script: string, database?: string): Promise<void>
  rows(query: string, database?: string): Promise<readonly Record<string, Json>[]>
  inDatabase<T>(database: string | undefined, work: (session: SqlSession) => Promise<T>): Promise<T>
  /** Runs a tool as a person would. */
  tool(name: string, args: readonly string[]): Promise<{ readonly exitCode: number; readonly errors: string }>
  backupOf(path: string): Promise<Backup>
  /** The id that the next transaction of the server gets: moves with every write. */
  nextTransaction(): Promise<string>
  endSessions(): Promise<void>
  drop(...databases: readonly string[]): Promise<void>
  cleanUp(): Promise<void>
}

export async function postgresLab(place: PostgresPlace): Promise<PostgresLab> {
  const folder = await mkdtemp(join(tmpdir(), 'restore-lab-'))
  const context = recordingContext({ secrets: { PG_URL: place.url } })
  const client = postgresClient({ url: urlSecret })
  const at = (database: string | undefined) => ({ mode: 'write', name: 'lab', database }) as const
  const lab: PostgresLab = {
    ...place,
    folder,
    async sql(script, database) {
      await withSession(client, context.step, at(database), async (session) => {
        for (const statement of script.split(';\n')) await session.apply(statement)
      })
    },
    rows: (query, database) => lab.inDatabase(database, (session) => session.query(query)),
    inDatabase: (database, work) => withSession(client, context.step, at(database), work),
    async tool(name, args) {
      const ended = await run(join(place.binaries, name), [...args], { env: { PATH: process.env['PATH'], PGAPPNAME: 'lab' } }).then(
        ({ stderr }) => ({ exitCode: 0, errors: stderr }),
        (error: { readonly code: number; readonly stderr: string }) => ({ exitCode: error.code, errors: error.stderr }),
      )
      return ended
    },
    backupOf: (path) => postgresRestoreClient({ url: urlSecret, binaries: place.binaries }).readWhole(path, context.step),
    nextTransaction: () =>
      readOnly(client, context.step, { name: 'lab' }, async (session) => {
        const [row] = await session.query<{ readonly next: string }>('select pg_snapshot_xmax(pg_current_snapshot())::text as next')
        return row?.next ?? ''
      }),
    endSessions: () => lab.sql(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name like 'backstep %'`),
    async drop(...databases) {
      await lab.sql(databases.map((name) => `drop database if exists "${name}" with (force)`).join(';\n'))
    },
    async cleanUp() {
      await context.cleanUp()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return lab
}

/** Databases whose names begin with a prefix, and the rows of their tables; the prefix is taken off. */
export async function worldOf(lab: PostgresLab, prefix: string): Promise<Json> {
  const names = await lab.rows(`select datname::text as name from pg_database where datname like '${prefix}%' order by 1`)
  const world: Record<string, Json> = {}
  for (const { name } of names) world[shortened(String(name), prefix)] = await contentOf(lab, String(name))
  return world
}

/** A private name ends with a mark, which differs each time. */
function shortened(name: string, prefix: string): string {
  return name.slice(prefix.length).replace(/_[0-9a-f]{12}$/, '_half')
}

async function contentOf(lab: PostgresLab, database: string): Promise<Json> {
  return lab.inDatabase(database, async (session) => {
    const tables = await session.query<{ readonly name: string }>(
      `select oid::regclass::text as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
    )
    if (tables.length === 0) return []
    const each = tables.map(
      ({ name }) => `select '${name}' as name, count(*)::int as rows, sum(hashtextextended(t::text, 0))::text as sum from ${name} t`,
    )
    return session.query(each.join(' union all '))
  })
}
