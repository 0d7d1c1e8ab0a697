import { ownPostgres, sampled } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { afterAll, describe, it } from 'vitest'
import { placeOf, postgresLab } from './postgres-lab.ts'
import { dumpBench, retireBench, shopBackup } from './restore-bench.ts'

const place = placeOf(await ownPostgres({ major: 16 }))
const lab = await postgresLab(place)
await shopBackup(lab)
const secrets = { PG_URL: place.url }
afterAll(() => lab.cleanUp())

testRollbackStep({ name: 'dump-database', describe, it, setUp: () => dumpBench(lab, secrets), every: sampled(30), promptMs: 10_000 })
testRollbackStep({ name: 'retire-database', describe, it, setUp: () => retireBench(lab, secrets), every: sampled(30), promptMs: 10_000 })
