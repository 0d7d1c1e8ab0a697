import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { type CommandTool, ownRedis, system } from '../src/index.ts'

const server = await system('postgres16')
const flyway = await system('flyway')
const liquibases: Readonly<Record<string, CommandTool>> = { liquibase: await system('liquibase'), liquibase5: await system('liquibase5') }
const alembic = await system('alembic')
const redis = await ownRedis({ isAppendOnly: true })

const folder = mkdtempSync(join(tmpdir(), 'backstep-tools-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly code: number
  readonly stdout: string
}

function run(tool: CommandTool, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return promisify(execFile)(tool.command, [...args], { cwd: folder, env: { ...process.env, ...env } }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
  )
}

describe('Flyway', () => {
  it('migrates, is the open source edition, and ends a failed migration with 1', async () => {
    const database = await server.database()
    const jdbc = [
      `-url=jdbc:postgresql://127.0.0.1:${server.port}/${database.name}`,
      `-user=${server.role.name}`,
      '-locations=filesystem:sql',
    ]
    const flags = [...jdbc, '-skipCheckForUpdate', '-outputType=json']
    const env = { FLYWAY_PASSWORD: server.role.password }
    mkdirSync(join(folder, 'sql'))
    writeFileSync(join(folder, 'sql', 'V1__one.sql'), 'create table users (id int);')
    expect(await run(flyway, [...flags, 'migrate'], env)).toMatchObject({ code: 0, stdout: expect.stringContaining('"success" : true') })
    expect(await run(flyway, [...flags, 'undo'], env)).toMatchObject({
      code: 35,
      stdout: expect.stringContaining('not supported by OSS Edition'),
    })
    writeFileSync(join(folder, 'sql', 'V2__two.sql'), 'alter table nobody add name text;')
    expect((await run(flyway, [...flags, 'migrate'], env)).code).toBe(1)
  })
})

describe.each(['liquibase', 'liquibase5'])('%s', (name) => {
  const tool = liquibases[name] as CommandTool

  it('updates, and rolls back what it renders', async () => {
    const database = await server.database()
    const changes = '--liquibase formatted sql\n--changeset a:1\ncreate table users (id int);\n--rollback drop table users;\n'
    writeFileSync(join(folder, 'changes.sql'), changes)
    const url = `--url=jdbc:postgresql://127.0.0.1:${server.port}/${database.name}`
    const flags = [url, `--username=${server.role.name}`, '--changelog-file=changes.sql', '--show-banner=false']
    const env = { LIQUIBASE_COMMAND_PASSWORD: server.role.password }
    expect(await run(tool, [...flags, 'update'], env)).toMatchObject({ code: 0 })
    expect(await database.sql('select id, liquibase from databasechangelog')).toEqual([{ id: '1', liquibase: tool.version }])
    expect((await run(tool, [...flags, 'rollback-count-sql', '--count=1'], env)).stdout).toMatch(/drop table users/i)
  })
})

describe('Alembic', () => {
  it('upgrades, knows where it is, and renders a downgrade', async () => {
    const database = await server.database()
    expect(await run(alembic, ['init', 'migrations'])).toMatchObject({ code: 0 })
    const one = `revision = 'one'\ndown_revision = None\nfrom alembic import op\ndef upgrade(): op.execute('create table users (id int)')\ndef downgrade(): op.execute('drop table users')\n`
    writeFileSync(join(folder, 'migrations', 'versions', 'one.py'), one)
    const settings = readFileSync(join(folder, 'alembic.ini'), 'utf8')
    const url = database.url.replace('postgresql:', 'postgresql+psycopg:')
    writeFileSync(join(folder, 'alembic.ini'), settings.replace(/^sqlalchemy\.url = .*$/m, `sqlalchemy.url = ${url}`))
    expect(await run(alembic, ['upgrade', 'head'])).toMatchObject({ code: 0 })
    expect((await run(alembic, ['current'])).stdout.trim()).toBe('one (head)')
    expect((await run(alembic, ['downgrade', 'one:base', '--sql'])).stdout).toContain('drop table users')
  })
})

describe('a Redis server of one file', () => {
  it('asks for its password, keeps an append only file, and starts again after it was killed', async () => {
    expect(await redis.command('set', 'basket', '3')).toBe('OK')
    await redis.stop('kill')
    await redis.start()
    expect(await redis.command('get', 'basket')).toBe('3')
    expect(await redis.command('config', 'get', 'appendonly')).toBe('appendonly\nyes')
    expect(await redis.command('info', 'server')).toContain('redis_version:6.2.14')
  })
})
