import { sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { describe, it } from 'vitest'
import { upgradeRelease } from '../src/index.ts'
import { chart } from './helm-lab.ts'
import { releaseBench } from './release-bench.ts'

const cluster = await system('kubernetes')

for (const helm of [3, 4] as const) {
  testRollbackStep({
    name: `upgrade-release with Helm ${helm}`,
    describe,
    it,
    setUp: () =>
      releaseBench({
        cluster,
        helm,
        make: (place, settings) =>
          upgradeRelease({ ...place, chart, set: { image: 'shop/api:v3', configs: ['fixed'], environment: {} } }, settings),
      }),
    every: sampled(25),
    most: sampledAtMost(3),
    speed: 4,
    promptMs: 10_000,
    timeoutMs: 1_200_000,
  })
}
