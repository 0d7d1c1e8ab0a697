import { sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { describe, it } from 'vitest'
import { reinstallStep } from '../src/reinstall-step.ts'
import { releaseBench } from './release-bench.ts'

const cluster = await system('kubernetes')

/** `npm test` takes the newer line of Helm; both go through what is particular to this step in reinstall.testbed.test.ts. */
const lines = sampled(2) === 1 ? ([3, 4] as const) : ([4] as const)

for (const helm of lines) {
  testRollbackStep({
    name: `reinstall-release with Helm ${helm}`,
    describe,
    it,
    setUp: () =>
      releaseBench({
        cluster,
        helm,
        // An output that only a run knows makes a run with this step wait for people: proved in reinstall.testbed.test.ts.
        make: (place, settings) => reinstallStep({ ...place, toRevision: 1 }, settings),
      }),
    every: sampled(90),
    most: sampledAtMost(3),
    speed: 4,
    promptMs: 10_000,
    timeoutMs: 1_200_000,
  })
}
