import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secret } from '@backstep/core'
import { ownPostgres, sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { liquibaseRollback, type LiquibaseRollbackOptions } from '../src/index.ts'
import { changelog, liquibaseLab, type LiquibaseLab, sampleProject } from './liquibase-lab.ts'
import { drive } from './step-on-database.ts'
import { worldOf } from './world.ts'

const liquibase = await system('liquibase')
const liquibase5 = await system('liquibase5')
const server = await ownPostgres()
const folders: string[] = []
const own = ['databasechangelog', 'databasechangeloglock']
let template = ''

beforeAll(async () => {
  template = (await liquibaseLab({ server, liquibase })).database.name
}, 120_000)
afterAll(async () => void (await Promise.all(folders.map((folder) => rm(folder, { recursive: true })))))

const lab = (): Promise<LiquibaseLab> => liquibaseLab({ server, liquibase, template })
const worldIn = ({ database }: LiquibaseLab) => worldOf(database, own)
const history = async ({ database }: LiquibaseLab) => database.sql('select * from databasechangelog order by orderexecuted')
const back = (to: string, more: Partial<LiquibaseRollbackOptions> = {}) =>
  liquibaseRollback({ url: secret('DATABASE'), project: sampleProject, changelog, command: liquibase.command, to, ...more })

async function project(edit: (text: string) => string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'backstep-liquibase-'))
  folders.push(folder)
  await cp(sampleProject, folder, { recursive: true })
  const path = join(folder, changelog)
  await writeFile(path, edit(await readFile(path, 'utf8')))
  return folder
}

for (const tool of [liquibase, liquibase5]) {
  describe(`after a rollback, the real Liquibase ${tool.version}`, () => {
    it('knows what is left to update, updates to the same schema, and agrees after the way back', { timeout: 120_000 }, async () => {
      const one = await liquibaseLab({ server, liquibase: tool, template })
      const before = await worldIn(one)
      const rows = await history(one)
      const step = await drive(back('release-1', { command: tool.command }), one.database.url)
      expect(step.preparation.changes.flatMap(({ dataLoss }) => (dataLoss === undefined ? [] : [dataLoss.what]))).toEqual([
        'all rows of public.vouchers',
        'the values of public.customers.phone',
      ])
      await step.execute()
      expect((await one.liquibase(['status'])).output).toMatch(/3 changesets have not been applied/)
      expect((await history(one)).map(({ id, tag }) => [id, tag])).toEqual([['1', 'release-1']])

      expect((await step.compensate()).notRestored).toEqual([])
      expect(await worldIn(one)).toEqual(before)
      expect(await history(one)).toEqual(rows)
      expect((await one.liquibase(['status'])).output).toMatch(/is up to date/)

      await (await drive(back('db/changelog.sql::2::shop', { command: tool.command }), one.database.url)).execute()
      expect(await one.liquibase(['update'])).toMatchObject({ exitCode: 0 })
      expect((await worldIn(one))['schema']).toEqual(before['schema'])
    })
  })
}

describe('refused before anything is written', () => {
  const cases: readonly (readonly [string, (text: string) => string, string, string, RegExp])[] = [
    ['a tag that nobody knows', (text) => text, 'release-9', 'TARGET_NOT_FOUND', /release-9/],
    [
      'the changelog of the older release',
      (text) => text.slice(0, text.indexOf('--changeset shop:3')),
      'release-1',
      'PRECONDITION_FAILED',
      /shop|changesets/,
    ],
    [
      'a changeset without a rollback',
      (text) => text.replace('--rollback drop table vouchers;', ''),
      'release-1',
      'PRECONDITION_FAILED',
      /rollback/,
    ],
    [
      'a changeset that was changed',
      (text) => text.replace('code text not null', 'code text'),
      'release-1',
      'PRECONDITION_FAILED',
      /[Vv]alidation/,
    ],
  ]
  for (const [what, edit, to, code, message] of cases) {
    it(what, { timeout: 60_000 }, async () => {
      const one = await lab()
      const before = await worldIn(one)
      await expect(drive(back(to, { project: await project(edit) }), one.database.url)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
        effect: 'none',
      })
      expect(await worldIn(one)).toEqual(before)
    })
  }

  it('while Liquibase holds its lock, naming who', { timeout: 60_000 }, async () => {
    const one = await lab()
    const step = await drive(back('release-1'), one.database.url)
    await one.database.sql(`update databasechangeloglock set locked = true, lockedby = 'build-7 (10.0.0.7)', lockgranted = now()`)
    await expect(step.execute()).rejects.toMatchObject({ code: 'LEASE_HELD', message: expect.stringContaining('build-7'), effect: 'none' })
  })
})

testRollbackStep({
  name: 'rollback by Liquibase',
  describe,
  it,
  async setUp() {
    const one = await lab()
    const { database } = one
    return {
      make: (late) =>
        liquibaseRollback({
          url: secret('DATABASE'),
          project: sampleProject,
          changelog,
          command: liquibase.command,
          to: late('release-1'),
        }),
      world: async () => ({ ...(await worldIn(one)), applied: (await history(one)).map(({ id, tag }) => `${id} ${tag}`) }),
      drift: async () => void (await database.sql('alter table customers add column hotfix int')),
      writes: () => server.nextTransactionId(),
      secrets: { DATABASE: database.url },
      cutConnections: async () => {
        await database.sql(
          `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name like 'backstep%'`,
        )
      },
      tearDown: async () => void (await server.sql('postgres', `drop database if exists ${database.name} with (force)`)),
    }
  },
  every: sampled(60),
  most: sampledAtMost(1),
  speed: 2,
  promptMs: 10_000,
})
