import { secret } from '@backstep/core'
import { ownPostgres, sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep, type StepBench } from '@backstep/testing'
import { beforeAll, describe, it } from 'vitest'
import { flywayUndoMigrations } from '../src/index.ts'
import { flywayLab, sampleSql, sampleUndo } from './flyway-lab.ts'
import { worldOf } from './world.ts'

const flyway = await system('flyway')
const server = await ownPostgres()
let template = ''

beforeAll(async () => {
  template = (await flywayLab({ server, flyway })).database.name
}, 60_000)

async function setUp(): Promise<StepBench> {
  const { database } = await flywayLab({ server, flyway, template })
  return {
    make: (late) => flywayUndoMigrations({ url: secret('DATABASE'), migrations: sampleSql, undo: sampleUndo, to: late('1') }),
    world: async () => ({
      ...(await worldOf(database, ['flyway_schema_history'])),
      applied: (
        await database.sql(
          `select version from flyway_schema_history where version is not null group by version having count(*) filter (where type = 'SQL') > count(*) filter (where type = 'DELETE') order by 1`,
        )
      ).map(({ version }) => version as string),
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
}

testRollbackStep({
  name: 'undo of Flyway migrations',
  describe,
  it,
  setUp,
  every: sampled(29),
  most: sampledAtMost(1),
  speed: 10,
  promptMs: 5000,
})
