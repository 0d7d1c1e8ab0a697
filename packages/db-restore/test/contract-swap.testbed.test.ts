import { ownPostgres, sampled } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { afterAll, describe } from 'vitest'
import { placeOf, postgresLab } from './postgres-lab.ts'
import { swapBench, whoTemplates } from './restore-bench.ts'
import { sampledIt } from './sampled-checks.ts'

const place = placeOf(await ownPostgres({ major: 18 }))
const lab = await postgresLab(place)
await whoTemplates(lab)
const secrets = { PG_URL: place.url }
afterAll(() => lab.cleanUp())

testRollbackStep({
  name: 'swap-databases',
  describe,
  it: sampledIt,
  setUp: () => swapBench(lab, secrets),
  every: sampled(30),
  promptMs: 10_000,
})
