import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type FaultProxy, faultProxy } from '@backstep/testing'
import type { Settings } from '../system.ts'
import { type PostgresMajor, postgresBin } from '../systems/postgres-programs.ts'
import { askAs, type Row } from './postgres-ask.ts'
import { factsOf, newPassword, type PostgresFacts, superuserName, testRoleName } from './postgres-process.ts'

/** What is in a connection URL. Left out: the role of tests, without parameters. */
export interface UrlOptions {
  readonly database: string
  readonly role?: string
  readonly password?: string
  /** Of a fault proxy. */
  readonly port?: number
  readonly parameters?: Readonly<Record<string, string>>
}

export interface TestDatabase {
  readonly name: string
  readonly oid: number
  /** As the role of tests, which owns it and is no superuser. */
  readonly url: string
  readonly superuserUrl: string
  /** Runs statements in it as the superuser. Gives back the rows of the last one. */
  readonly sql: (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>
}

export interface TestRole {
  readonly name: string
  readonly password: string
  urlOf(database: string): string
}

/**
 * A running PostgreSQL server on loopback. What a test makes through this object is dropped when the tests of its file are done. Others use the shared
 * server at the same time: transaction ids and the list of databases move by themselves there; a test of those takes `ownPostgres`.
 */
export interface PostgresServer {
  readonly major: PostgresMajor
  readonly port: number
  /** The folder with `psql`, `pg_dump`, `pg_restore`, `pg_basebackup`, `pg_verifybackup`, `pgbench` of this major. */
  readonly bin: string
  /** The absolute path of one of these. */
  program(name: string): string
  /** The role of tests: it may make databases and is no superuser. */
  readonly role: { readonly name: string; readonly password: string }
  readonly superuser: { readonly name: string; readonly password: string }
  urlOf(options: UrlOptions): string
  /** Runs statements as the superuser, past the code under test. Gives back the rows of the last one. */
  readonly sql: (database: string, text: string, values?: readonly unknown[]) => Promise<readonly Row[]>
  /** A fresh database. `template`: a copy of that one, which nobody may be connected to. */
  database(options?: { readonly template?: string; readonly name?: string }): Promise<TestDatabase>
  /** A fresh role. `attributes` as CREATE ROLE takes them: `'nocreatedb'`; it may log in and nothing else. */
  newRole(attributes?: string): Promise<TestRole>
  /** Drops that database at the end, whoever made it. */
  dropLater(database: string): void
  /** The id that the next transaction gets: the same before and after a time in which nothing on the server has written. */
  nextTransactionId(): Promise<string>
  /** A proxy in front of the server that can lose, refuse, delay and cut messages: `at: { bytes: (request) => request.includes('commit') }`. */
  faultProxy(): Promise<FaultProxy>
}

export interface JoinedPostgres {
  readonly server: PostgresServer
  readonly release: () => Promise<void>
}

interface Made {
  readonly databases: Set<string>
  readonly roles: string[]
  readonly proxies: FaultProxy[]
}

/** The server behind the settings of a running instance. */
export function joinPostgres(settings: Settings): JoinedPostgres {
  const facts = factsOf(settings)
  const made: Made = { databases: new Set(), roles: [], proxies: [] }
  return { server: serverOver(facts, made), release: () => release(facts, made) }
}

function serverOver(facts: PostgresFacts, made: Made): PostgresServer {
  const { major, port, superuserPassword, testRolePassword } = facts
  const urlOf = (options: UrlOptions): string => connectionUrl(facts, options)
  const sql: PostgresServer['sql'] = (database, text, values) => askAs(facts, database, text, values)
  return {
    major,
    port,
    bin: postgresBin(major),
    program: (name) => join(postgresBin(major), name),
    role: { name: testRoleName, password: testRolePassword },
    superuser: { name: superuserName, password: superuserPassword },
    urlOf,
    sql,
    database: (options = {}) => newDatabase(facts, made, options),
    async newRole(attributes = '') {
      const [name, password] = [`role_${randomBytes(5).toString('hex')}`, newPassword()]
      made.roles.push(name)
      await sql('postgres', `create role ${name} login ${attributes} password '${password}'`)
      return { name, password, urlOf: (database) => urlOf({ database, role: name, password }) }
    },
    dropLater: (database) => void made.databases.add(database),
    async nextTransactionId() {
      const [row] = await sql('postgres', 'select pg_snapshot_xmax(pg_current_snapshot())::text as next')
      return String(row?.['next'])
    },
    async faultProxy() {
      const proxy = await faultProxy({ port })
      made.proxies.push(proxy)
      return proxy
    },
  }
}

function connectionUrl({ port, testRolePassword }: PostgresFacts, options: UrlOptions): string {
  const { database, role = testRoleName, password = testRolePassword, parameters = {} } = options
  const query = new URLSearchParams(parameters).toString()
  const where = `${encodeURIComponent(role)}:${encodeURIComponent(password)}@127.0.0.1:${options.port ?? port}`
  return `postgresql://${where}/${encodeURIComponent(database)}${query === '' ? '' : `?${query}`}`
}

async function newDatabase(
  facts: PostgresFacts,
  made: Made,
  { template, name = `test_${randomBytes(6).toString('hex')}` }: { readonly template?: string; readonly name?: string },
): Promise<TestDatabase> {
  made.databases.add(name)
  const quoted = quoteName(name)
  await askAs(
    facts,
    'postgres',
    `create database ${quoted} owner ${testRoleName}${template === undefined ? '' : ` template ${quoteName(template)}`}`,
  )
  const sql: TestDatabase['sql'] = (text, values) => askAs(facts, name, text, values)
  const [row] = await askAs(facts, 'postgres', 'select oid::int as oid from pg_database where datname = $1', [name])
  return {
    name,
    oid: Number(row?.['oid']),
    url: connectionUrl(facts, { database: name }),
    superuserUrl: connectionUrl(facts, { database: name, role: superuserName, password: facts.superuserPassword }),
    sql,
  }
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

async function release(facts: PostgresFacts, { databases, roles, proxies }: Made): Promise<void> {
  await Promise.all(proxies.map((proxy) => proxy.close()))
  for (const name of databases)
    await askAs(facts, 'postgres', `drop database if exists ${quoteName(name)} with (force)`).catch(() => undefined)
  for (const name of roles) await askAs(facts, 'postgres', `drop role if exists ${name}`).catch(() => undefined)
}
