import { sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { describe, it } from 'vitest'
import { rollbackRelease } from '../src/index.ts'
import { releaseBench } from './release-bench.ts'

const cluster = await system('kubernetes')

/** `npm test` takes one line of Helm, `pnpm soak testbed-whole` both. */
const lines = sampled(2) === 1 ? ([3, 4] as const) : ([4] as const)

for (const helm of lines) {
  testRollbackStep({
    name: `rollback-release with Helm ${helm}`,
    describe,
    it,
    setUp: () =>
      releaseBench({
        cluster,
        helm,
        isProxied: true,
        make: (place, settings, late) => rollbackRelease({ ...place, toRevision: late(1) }, settings),
      }),
    every: sampled(29),
    most: sampledAtMost(3),
    speed: 4,
    promptMs: 10_000,
    timeoutMs: 1_200_000,
  })
}
