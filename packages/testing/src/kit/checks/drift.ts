import { RollbackError, type RollbackErrorCode } from '@backstep/core'
import { callMethod, compensate, errorOf, execute, prepare, probe, verify, type CallReport } from '../call.ts'
import type { Case } from '../case.ts'
import { demand, describeError, isSame, same } from '../failure.ts'
import type { ConformanceCheck, Facts } from '../suite.ts'

/** Somebody else changes the target; `undefined` from the bench means that the author forgot to say how. */
async function driftIn(one: Case): Promise<void> {
  const before = await one.world()
  demand(one.bench.drift !== undefined, () => 'The bench has no `drift`: say how somebody else would change the target')
  await one.bench.drift()
  demand(!isSame(await one.world(), before), () => '`drift` left the world as it was: let somebody else really change the target')
}

function refusedWith(report: CallReport, codes: readonly RollbackErrorCode[], when: string): void {
  const error = errorOf(report)
  demand('error' in report.result, () => `${report.method} went through ${when}`)
  demand(
    error instanceof RollbackError && codes.includes(error.code),
    () => `${report.method} ${when} failed with ${describeError(error)}, not with ${codes.join(' or ')}`,
  )
  demand(error.effect === 'none', () => `${report.method} ${when} says that its effect is unknown, although it refused`)
}

const harmless = ({ isHarmless }: Facts): string | undefined =>
  isHarmless ? 'not promised: the step changes nothing, by its risk' : undefined

const driftIsRefused: ConformanceCheck = {
  promise: 'drift before execute is refused, and nothing is changed',
  notPromised: harmless,
  prove: (suite) =>
    suite.inCase(async (one) => {
      const { work } = await prepare(one, one.step())
      await driftIn(one)
      const drifted = await one.world()
      const report = await callMethod(one, one.step(), 'execute', work)
      same(await one.world(), drifted, 'execute changed a world that had drifted')
      refusedWith(report, ['DRIFTED'], 'after somebody else changed the target')
      const found = await probe(one, one.step(), work)
      demand(found.at === 'elsewhere', () => `After somebody else changed the target, probe says ${found.at}, not elsewhere`)
    }),
}

const laterDriftIsSeen: ConformanceCheck = {
  promise: 'drift after execute is seen, and compensate overwrites nothing',
  notPromised: harmless,
  prove: (suite) =>
    suite.inCase(async (one) => {
      const { work } = await prepare(one, one.step())
      const done = { ...work, receipt: await execute(one, one.step(), work) }
      await driftIn(one)
      const drifted = await one.world()
      const found = await probe(one, one.step(), done)
      demand(found.at === 'elsewhere', () => `After somebody else changed what execute made, probe says ${found.at}, not elsewhere`)
      const verdict = await verify(one, one.step(), done)
      demand(
        verdict.status !== 'healthy',
        () => 'After somebody else changed what execute made, verify says healthy: prove identity, not only health',
      )
      if (one.step().compensate === undefined) return
      const report = await callMethod(one, one.step(), 'compensate', done)
      same(await one.world(), drifted, "compensate overwrote somebody else's change")
      refusedWith(report, ['DRIFTED'], 'after somebody else changed the target')
    }),
}

const staleWritesAreRefused: ConformanceCheck = {
  promise: 'a stale preparation is refused after the world went away and came back',
  notPromised: ({ step }) => (step.traits.fencing === 'lease-only' ? 'not promised: traits.fencing is lease-only' : undefined),
  prove: (suite) =>
    suite.inCase(async (one) => {
      const { canUndo, isHarmless } = await suite.facts()
      const stale = (await prepare(one, one.step(), { fence: 1 })).work
      const { work } = await prepare(one, one.step(), { fence: 2 })
      const receipt = await execute(one, one.step(), work, { fence: 2 })
      if (canUndo) await compensate(one, one.step(), { ...work, receipt }, { fence: 2 })
      const now = await one.world()
      const report = await callMethod(one, one.step(), 'execute', stale, { fence: 1 })
      if (isHarmless) return
      same(
        await one.world(),
        now,
        'A process that stood still since before another rollback was done and undone wrote to the target. Use a guard that never comes back, or promise lease-only',
      )
      if (canUndo) refusedWith(report, ['DRIFTED', 'LEASE_LOST'], 'with a stale preparation')
    }),
}

export const driftChecks: readonly ConformanceCheck[] = [driftIsRefused, laterDriftIsSeen, staleWritesAreRefused]
