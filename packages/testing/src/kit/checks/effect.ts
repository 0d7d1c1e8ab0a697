import { callMethod, errorOf, execute, prepare, probe, verify } from '../call.ts'
import { demand, demandNone, describeError, isSame, same } from '../failure.ts'
import { notPlainIn } from '../plain-data.ts'
import type { ConformanceCheck } from '../suite.ts'

const reachesTheTarget: ConformanceCheck = {
  promise: 'execute reaches the target, and verify agrees',
  prove: async (suite) => {
    const { isHarmless } = await suite.facts()
    await suite.inCase(async (one) => {
      const step = one.step()
      const initial = await one.world()
      const { preparation, work } = await prepare(one, step)
      demand(
        preparation.changes.length > 0,
        () => 'The world that `setUp` makes leaves the step nothing to change: start where there is something to roll back',
      )
      const found = await probe(one, step, work)
      demand(found.at === 'before', () => `Before execute, probe says ${found.at}, not before`)
      const receipt = await execute(one, step, work)
      demand(isHarmless || !isSame(await one.world(), initial), () => 'execute returned a receipt, and the world is as it was')
      const verdict = await verify(one, one.step(), { ...work, receipt })
      demand(verdict.status === 'healthy', () => `After execute, verify says ${JSON.stringify(verdict)}`)
      const reached = await probe(one, one.step(), { ...work, receipt })
      demand(reached.at === 'after', () => `After execute, probe says ${JSON.stringify(reached)}`)
    })
  },
}

const verifySeesTheWorld: ConformanceCheck = {
  promise: 'verify is not healthy before execute',
  prove: async (suite) => {
    const { receipt } = await suite.life()
    await suite.inCase(async (one) => {
      const { work } = await prepare(one, one.step())
      const report = await callMethod(one, one.step(), 'verify', { ...work, receipt })
      const isHealthy = 'value' in report.result && (report.result.value as { readonly status?: string }).status === 'healthy'
      demand(!isHealthy, () => 'verify says healthy although nothing was executed: prove that what runs is the target')
    })
  },
}

const receiptsAgree: ConformanceCheck = {
  promise: 'probe finds the receipt that execute returned',
  prove: (suite) =>
    suite.inCase(async (one) => {
      const step = one.step()
      const { work } = await prepare(one, step)
      const report = await callMethod(one, step, 'execute', work)
      const { value: receipt } = report.result as { readonly value: Record<string, never> }
      demandNone(notPlainIn(receipt, 'receipt'), 'The receipt cannot be read back after a crash')
      same(step.parseReceipt(JSON.parse(JSON.stringify(receipt))), receipt, 'The receipt is not what its schema gives back')
      for (const known of [undefined, receipt]) {
        const found = await probe(one, one.step(), { ...work, receipt: known })
        demand(found.at === 'after', () => `After execute, probe says ${JSON.stringify(found)}`)
        same(found.receipt, receipt, 'probe tells another receipt than execute: keep only what can be read again')
      }
    }),
}

const twiceIsOnce: ConformanceCheck = {
  promise: 'executing twice equals once',
  notPromised: ({ step }) => (step.traits.idempotency === 'none' ? 'not promised: traits.idempotency is none' : undefined),
  prove: (suite) =>
    suite.inCase(async (one) => {
      const { work } = await prepare(one, one.step())
      await execute(one, one.step(), work)
      const once = await one.world()
      await callMethod(one, one.step(), 'execute', work, { attempt: 2 })
      same(await one.world(), once, 'The second execute changed the world')
    }),
}

const findsItsOwnEffect: ConformanceCheck = {
  promise: 'a second attempt finds its own effect and returns its receipt',
  prove: (suite) =>
    suite.inCase(async (one) => {
      const { work } = await prepare(one, one.step())
      const receipt = await execute(one, one.step(), work)
      const once = await one.world()
      const report = await callMethod(one, one.step(), 'execute', work, { attempt: 2 })
      const error = errorOf(report)
      demand(
        error === undefined,
        () => `The second attempt failed with ${describeError(error)}: look for the own mark first, inside the write`,
      )
      same('value' in report.result ? report.result.value : undefined, receipt, 'The second attempt returned another receipt')
      same(await one.world(), once, 'The second attempt changed the world')
    }),
}

const changesNothingAtTheTarget: ConformanceCheck = {
  promise: 'at the target there is nothing to change, or it is new work',
  prove: (suite) =>
    suite.inCase(async (one) => {
      await execute(one, one.step(), (await prepare(one, one.step())).work)
      const reached = await one.world()
      const { preparation, work } = await prepare(one, one.step())
      const found = await probe(one, one.step(), work)
      if (preparation.changes.length > 0) {
        demand(
          found.at === 'before',
          () =>
            `Prepared at the target it still has changes, and probe says ${found.at}: leave \`changes\` empty where the target is there already`,
        )
        return
      }
      demand(
        found.at === 'after',
        () => `Prepared at the target it has no changes, and probe says ${found.at} instead of after: a run could not go on`,
      )
      const verdict = await verify(one, one.step(), { ...work, receipt: found.receipt })
      demand(verdict.status === 'healthy', () => `Prepared at the target, verify says ${JSON.stringify(verdict)}`)
      same(await one.world(), reached, 'Looking at what was there already changed the world')
    }),
}

export const effectChecks: readonly ConformanceCheck[] = [
  reachesTheTarget,
  verifySeesTheWorld,
  receiptsAgree,
  twiceIsOnce,
  findsItsOwnEffect,
  changesNothingAtTheTarget,
]
