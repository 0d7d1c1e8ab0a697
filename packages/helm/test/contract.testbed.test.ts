import { system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { describe, it } from 'vitest'
import { rollbackBench } from './rollback-bench.ts'

const cluster = await system('kubernetes')

for (const helm of [3, 4] as const) {
  testRollbackStep({
    name: `rollback-release with Helm ${helm}`,
    describe,
    it,
    setUp: () => rollbackBench({ cluster, helm }),
    every: 12,
    speed: 4,
    promptMs: 10_000,
  })
}
