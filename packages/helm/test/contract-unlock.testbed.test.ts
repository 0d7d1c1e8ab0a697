import { sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { describe, it } from 'vitest'
import { unlockRelease } from '../src/index.ts'
import { editRecord, withInfo } from './record-edit.ts'
import { releaseBench } from './release-bench.ts'

const cluster = await system('kubernetes')

/** With Helm 3, objects that only the target has and that are in the cluster are refused at preview; the objects here fit both. */
/** `npm test` takes one line of Helm, `pnpm soak testbed-whole` both. */
const lines = sampled(2) === 1 ? ([3, 4] as const) : ([4] as const)

for (const helm of lines) {
  testRollbackStep({
    name: `unlock-release with Helm ${helm}`,
    describe,
    it,
    setUp: () =>
      releaseBench({
        cluster,
        helm,
        async before(lab) {
          await editRecord(lab, 1, withInfo({ status: 'deployed' }))
          await editRecord(lab, 2, withInfo({ status: 'pending-upgrade', last_deployed: '2020-01-01T00:00:00Z' }))
        },
        make: (place, settings, late) => unlockRelease({ ...place, toRevision: late(1) }, settings),
      }),
    every: sampled(25),
    most: sampledAtMost(3),
    speed: 4,
    promptMs: 10_000,
    timeoutMs: 1_200_000,
  })
}
