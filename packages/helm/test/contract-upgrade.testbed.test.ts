import { sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { describe, it } from 'vitest'
import { upgradeRelease } from '../src/index.ts'
import { chart } from './helm-lab.ts'
import { releaseBench } from './release-bench.ts'

const cluster = await system('kubernetes')

/** `npm test` takes one line of Helm, `pnpm soak testbed-whole` both. */
const lines = sampled(2) === 1 ? ([3, 4] as const) : ([3] as const)

for (const helm of lines) {
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
