import { ownCluster } from '@backstep/testbed'
import { beforeAll, describe, expect, it } from 'vitest'
import { rollbackRelease, upgradeRelease } from '../src/index.ts'
import { randomNumbers } from './differential.ts'
import { disturbedRequests, type Fault, type FaultRun, lostAnswer, noFault, outage, problemsOf, runWithFault } from './faults.ts'
import { chart } from './helm-lab.ts'
import { releaseBench } from './release-bench.ts'

/** A small sample with one line of Helm; `pnpm soak helm-faults` takes all of it. */
const seeds = Number(process.env['BACKSTEP_FAULT_SEEDS'] ?? 1)
const isWhole = process.env['BACKSTEP_FAULT_SEEDS'] !== undefined
const share = 0.05

const cluster = await ownCluster()
const away = (): Promise<void> => cluster.withoutApiserver(isWhole ? 20_000 : 2000)

const cases = ([4, 3] as const).flatMap((helm) => [
  {
    name: `rollback-release with Helm ${helm}`,
    setUp: () =>
      releaseBench({ cluster, helm, isProxied: true, make: (place, settings) => rollbackRelease({ ...place, toRevision: 1 }, settings) }),
    outages: () => releaseBench({ cluster, helm, make: (place, settings) => rollbackRelease({ ...place, toRevision: 1 }, settings) }),
  },
  {
    name: `upgrade-release with Helm ${helm}`,
    setUp: () =>
      releaseBench({
        cluster,
        helm,
        isProxied: true,
        make: (place, settings) => upgradeRelease({ ...place, chart, valuesOf: 1, set: { image: 'shop/api:v3' } }, settings),
      }),
    outages: () =>
      releaseBench({
        cluster,
        helm,
        make: (place, settings) => upgradeRelease({ ...place, chart, valuesOf: 1, set: { image: 'shop/api:v3' } }, settings),
      }),
  },
])
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1)

/** What the sample leaves out is no test that was skipped: `pnpm soak testbed-whole` has it. */
const onceIf = (isTaken: boolean): readonly number[] => (isTaken ? [1] : [])

/** In the sample the first step meets the faults of the wire, and the second one an outage. */
describe.each(cases.map((one, index) => ({ ...one, index })).filter(({ index }) => isWhole || index < 2))(
  '$name',
  { timeout: 7_200_000 },
  ({ setUp, outages, index }) => {
    const isSampled = (wanted: number): boolean => isWhole || index === wanted
    let reference: FaultRun
    beforeAll(async () => {
      reference = await runWithFault(setUp, noFault)
      if (reference.outcome !== 'succeeded') throw new Error(`without any fault the run ended as ${reference.outcome}`)
    }, 120_000)

    async function problemsUnder(faults: readonly Fault[], world = setUp): Promise<readonly string[]> {
      const problems: string[] = []
      let hits = 0
      for (const fault of faults) {
        const run = await runWithFault(world, fault)
        hits += run.hits
        problems.push(...problemsOf(fault, run, reference))
      }
      return hits > 0 ? problems : [...problems, 'nothing went wrong in any run']
    }

    it.each(onceIf(isSampled(0)))('leaves what it would have left when the answer to a write is lost, its own or one of Helm', async () => {
      // Helm 3 and 4 make six writes or more for three objects and a record.
      expect(await problemsUnder((isWhole ? [1, 2, 3, 4, 5, 6] : [3]).map(lostAnswer))).toEqual([])
    })

    it.each(onceIf(isSampled(0)))('leaves what it would have left when five requests in a hundred are refused', async () => {
      expect(await problemsUnder(numbers(seeds).map((seed) => disturbedRequests('cut', share, randomNumbers(seed))))).toEqual([])
    })

    it.each(onceIf(isWhole))('leaves what it would have left when five answers in a hundred are lost', async () => {
      expect(await problemsUnder(numbers(seeds).map((seed) => disturbedRequests('drop', share, randomNumbers(seed))))).toEqual([])
    })

    it.each(onceIf(isSampled(1)))('leaves what it would have left when the API server is away while Helm is at work', async () => {
      const moments = isWhole ? [0, 100, 200, 300, 400, 500, 700, 1000] : [200]
      expect(
        await problemsUnder(
          moments.map((afterMs) => outage(1, afterMs, away)),
          outages,
        ),
      ).toEqual([])
    })
  },
)
