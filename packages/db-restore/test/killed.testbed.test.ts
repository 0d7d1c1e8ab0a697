import { ownPostgres, sampled } from '@backstep/testbed'
import { testInChildProcess } from '@backstep/testing'
import { afterAll, describe, it } from 'vitest'
import { placeOf, postgresLab, worldOf } from './postgres-lab.ts'
import { shopBackup, whoTemplates } from './restore-bench.ts'

const place = placeOf(await ownPostgres({ major: 18 }))
const lab = await postgresLab(place)
const backup = await shopBackup(lab)
await whoTemplates(lab)
afterAll(() => lab.cleanUp())

let cases = 0
const [most, randomRuns] = sampled(2) === 1 ? [1000, 25] : [5, 2]

for (const what of ['restore', 'swap'] as const) {
  testInChildProcess({
    name: `${what}, in a process that is killed`,
    describe,
    it,
    module: new URL('./step.child.ts', import.meta.url),
    every: sampled(12),
    most,
    randomRuns,
    seed: 7,
    limitMs: 180_000,
    setUp: async () => {
      const prefix = `${what}${++cases}_`
      if (what === 'swap')
        await lab.sql(`create database "${prefix}live" template who_live;\ncreate database "${prefix}side" template who_side`)
      return {
        input: { what, ...place, backup, prefix },
        world: () => worldOf(lab, prefix),
        tearDown: async () => {
          const left = await lab.rows(`select datname::text as name from pg_database where datname like '${prefix}%'`)
          await lab.drop(...left.map(({ name }) => String(name)))
        },
      }
    },
  })
}
