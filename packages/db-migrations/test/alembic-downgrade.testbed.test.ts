import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { secret } from '@backstep/core'
import { ownPostgres, sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { alembicDowngrade, type AlembicDowngradeOptions } from '../src/index.ts'
import { alembicLab, type AlembicLab, sampleProject } from './alembic-lab.ts'
import { drive } from './step-on-database.ts'
import { worldOf } from './world.ts'

const alembic = await system('alembic')
const server = await ownPostgres()
const folders: string[] = []
let template = ''

beforeAll(async () => {
  template = (await alembicLab({ server, alembic })).database.name
}, 60_000)
afterAll(async () => void (await Promise.all(folders.map((folder) => rm(folder, { recursive: true })))))

const lab = (): Promise<AlembicLab> => alembicLab({ server, alembic, template })
const worldIn = ({ database }: AlembicLab) => worldOf(database, ['alembic_version'])
const environment = { PYTHONDONTWRITEBYTECODE: '1' }
const downTo = (to: string, more: Partial<AlembicDowngradeOptions> = {}) =>
  alembicDowngrade({ url: secret('DATABASE'), project: sampleProject, command: alembic.command, environment, to, ...more })

async function project(versions: Readonly<Record<string, string | undefined>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'backstep-alembic-'))
  folders.push(folder)
  await cp(sampleProject, folder, { recursive: true })
  for (const [name, text] of Object.entries(versions)) {
    const path = join(folder, 'migrations', 'versions', `${name}.py`)
    await (text === undefined ? rm(path) : writeFile(path, text))
  }
  return folder
}

const revision = (id: string, down: string, body: string): string =>
  `from alembic import op\nrevision = "${id}"\ndown_revision = "${down}"\ndef upgrade():\n    pass\ndef downgrade():\n${body}\n`

describe('after a downgrade, the real Alembic', () => {
  it('is at the target with its schema, upgrades to the same schema, and agrees after the way back', { timeout: 90_000 }, async () => {
    const one = await lab()
    const before = await worldIn(one)
    const step = await drive(downTo('a1_shop'), one.database.url)
    expect(step.preparation.changes.flatMap(({ dataLoss }) => (dataLoss === undefined ? [] : [dataLoss.what]))).toEqual([
      'all rows of public.vouchers',
      'former values of public.customers.name',
      'the values of public.customers.phone',
    ])
    await step.execute()
    expect((await one.alembic(['current'])).output).toContain('a1_shop')
    const only = await alembicLab({ server, alembic, template })
    await only.alembic(['downgrade', 'a1_shop'])
    expect(await worldIn(one)).toEqual(await worldIn(only))

    expect((await step.compensate()).notRestored).toEqual([])
    expect(await worldIn(one)).toEqual(before)
    expect((await one.alembic(['current', '--check-heads'])).exitCode).toBe(0)

    const again = await drive(downTo('b2_phone'), one.database.url)
    await again.execute()
    expect((await one.alembic(['upgrade', 'head'])).exitCode).toBe(0)
    expect((await worldIn(one))['schema']).toEqual(before['schema'])
  })
})

describe('refused before anything is written', () => {
  const cases: readonly (readonly [string, () => Promise<string>, string, string, RegExp])[] = [
    ['a revision that nobody knows', () => project({}), 'zz', 'TARGET_NOT_FOUND', /zz/],
    ['the project of the older release', () => project({ c3_vouchers: undefined }), 'a1_shop', 'TARGET_NOT_FOUND', /c3_vouchers/],
    [
      'a downgrade that does nothing',
      () => project({ c3_vouchers: revision('c3_vouchers', 'b2_phone', '    pass') }),
      'b2_phone',
      'PRECONDITION_FAILED',
      /no statement/,
    ],
    [
      'a downgrade that commits in between',
      () =>
        project({
          c3_vouchers: revision(
            'c3_vouchers',
            'b2_phone',
            '    op.execute("drop table vouchers")\n    with op.get_context().autocommit_block():\n        op.execute("select 1")',
          ),
        }),
      'b2_phone',
      'NOT_SUPPORTED',
      /commits in between/,
    ],
    [
      'a downgrade that asks the database',
      () => project({ c3_vouchers: revision('c3_vouchers', 'b2_phone', '    op.get_bind().execute("select 1").fetchall()') }),
      'b2_phone',
      'PRECONDITION_FAILED',
      /cannot render/,
    ],
  ]
  for (const [what, folder, to, code, message] of cases) {
    it(what, { timeout: 60_000 }, async () => {
      const one = await lab()
      const before = await worldIn(one)
      await expect(drive(downTo(to, { project: await folder() }), one.database.url)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
        effect: 'none',
      })
      expect(await worldIn(one)).toEqual(before)
    })
  }

  it('a database with two heads', async () => {
    const one = await lab()
    await one.database.sql(`insert into alembic_version values ('x9')`)
    await expect(drive(downTo('a1_shop'), one.database.url)).rejects.toMatchObject({
      code: 'TARGET_AMBIGUOUS',
      message: expect.stringContaining('x9'),
    })
  })

  it('a relative target', () => {
    for (const to of ['-1', 'base', 'head', 'c3_vouchers-1']) expect(() => downTo(to)).toThrow(/one version/)
  })
})

testRollbackStep({
  name: 'downgrade by Alembic',
  describe,
  it,
  async setUp() {
    const { database } = await lab()
    return {
      make: (late) =>
        alembicDowngrade({ url: secret('DATABASE'), project: sampleProject, command: alembic.command, environment, to: late('a1_shop') }),
      world: async () => ({
        ...(await worldOf(database, ['alembic_version'])),
        revisions: (await database.sql('select version_num as revision from alembic_version')).map((row) => String(row['revision'])),
      }),
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
  every: sampled(37),
  most: sampledAtMost(1),
  speed: 5,
  promptMs: 8000,
})
