import { ownPostgres, sampled } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { afterAll, describe } from 'vitest'
import { placeOf, postgresLab } from './postgres-lab.ts'
import { restoreBench, shopBackup } from './restore-bench.ts'
import { sampledIt } from './sampled-checks.ts'

const place = placeOf(await ownPostgres({ major: 18 }))
const lab = await postgresLab(place)
const backup = await shopBackup(lab)
const secrets = { PG_URL: place.url }
afterAll(() => lab.cleanUp())

testRollbackStep({
  name: 'restore-beside',
  describe,
  it: sampledIt,
  setUp: () => restoreBench(lab, backup, secrets),
  every: sampled(30),
  promptMs: 10_000,
})
