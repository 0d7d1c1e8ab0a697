import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { system } from '../src/index.ts'

const run = promisify(execFile)
const servers = { 16: await system('postgres16'), 18: await system('postgres18') }

describe.each([16, 18] as const)('PostgreSQL %i of everybody', (major) => {
  const server = servers[major]

  it('is of that major, with programs of the same', async () => {
    const [row] = await server.sql('postgres', 'show server_version')
    expect(row?.['server_version']).toMatch(new RegExp(`^${major}\\.`))
    for (const program of ['psql', 'pg_dump', 'pg_restore', 'pg_basebackup', 'pg_waldump', 'pgbench']) {
      expect((await run(server.program(program), ['--version'])).stdout).toContain(`(PostgreSQL) ${major}.`)
    }
  })

  it('gives a database to a role that is no superuser and asks for its password', async () => {
    const database = await server.database()
    const psql = (url: string) => run(server.program('psql'), ['-XAt', '-c', `select current_user, current_setting('is_superuser')`, url])
    expect((await psql(database.url)).stdout.trim()).toBe('tester|off')
    expect((await psql(database.superuserUrl)).stdout.trim()).toBe('postgres|on')
    const wrong = server.urlOf({ database: database.name, password: 'wrong' })
    await expect(psql(wrong)).rejects.toMatchObject({ stderr: expect.stringContaining('password authentication failed') })
  })

  it('copies a database by template', async () => {
    const original = await server.database()
    await original.sql('create table things as select 1 as id')
    const copy = await server.database({ template: original.name })
    expect(await copy.sql('select id from things')).toEqual([{ id: 1 }])
  })

  it('loses an answer on the wire at the statement that is named', async () => {
    const database = await server.database()
    const proxy = await server.faultProxy()
    const fault = proxy.inject({ act: 'cut', at: { bytes: (bytes: Buffer) => bytes.includes('lost_table') } })
    const url = server.urlOf({ database: database.name, port: proxy.port })
    await expect(run(server.program('psql'), ['-XAt', '-c', 'create table lost_table (id int)', url])).rejects.toThrow('Command failed')
    expect(fault.count).toBe(1)
  })
})
