import type { RollbackStepTest } from './bench.ts'
import { abortChecks } from './checks/abort.ts'
import { compensationChecks } from './checks/compensation.ts'
import { contactTableChecks } from './checks/contact-table.ts'
import { crashChecks } from './checks/crash.ts'
import { driftChecks } from './checks/drift.ts'
import { effectChecks } from './checks/effect.ts'
import { failureChecks } from './checks/failures.ts'
import { faultChecks, ownFaultChecks } from './checks/fault.ts'
import { lateChecks } from './checks/late.ts'
import { positionChecks } from './checks/position.ts'
import { preparationChecks } from './checks/preparation.ts'
import { readingChecks } from './checks/reading.ts'
import { secretChecks } from './checks/secrets.ts'
import { wireChecks } from './checks/wire.ts'
import { makeSuite, type ConformanceCheck } from './suite.ts'

const checks: readonly ConformanceCheck[] = [
  ...readingChecks,
  ...contactTableChecks,
  ...preparationChecks,
  ...effectChecks,
  ...driftChecks,
  ...compensationChecks,
  ...positionChecks,
  ...lateChecks,
  ...failureChecks,
  ...abortChecks,
  ...secretChecks,
  ...crashChecks,
  ...faultChecks,
  ...wireChecks,
]

/**
 * Holds a step to everything that its contract promises, one test for each promise, against a real backend or a fake one.
 *
 * ```ts
 * import { describe, it } from 'vitest' // or from 'node:test'
 * import { testRollbackStep } from '@backstep/testing'
 *
 * testRollbackStep({
 *   name: 'restore-setting',
 *   describe,
 *   it,
 *   setUp: async () => {
 *     const service = await startSettingsService({ limit: '50' })
 *     return {
 *       make: () => restoreSetting({ url: service.url, setting: 'limit', value: '20' }),
 *       world: async () => ({ limit: service.valueOf('limit') }),
 *       drift: async () => service.write('limit', '99'),
 *       writes: async () => service.writeCount(),
 *       tearDown: () => service.stop(),
 *     }
 *   },
 * })
 * ```
 *
 * What is tested is read from the step: a promise of its traits cannot be left out, and one that it does not give is shown as skipped with
 * the reason. What is compared is `world()`, so a world that shows too little proves too little.
 *
 * It crashes the step at each contact through the real engine with a journal in memory; it does not kill a process (see
 * `testInChildProcess`), and it disturbs the wire only when the bench has a `proxy`. A fake alone is no proof: run it against the real
 * system too.
 *
 * @throws Nothing by itself: failed promises are failed tests, with an `AssertionError` that says what was seen and what to do.
 */
export function testRollbackStep(options: RollbackStepTest): void {
  const suite = makeSuite(options)
  const { describe, it, name, timeoutMs: timeout = 600_000, faults = [] } = options
  describe(`${name}: a rollback step`, () => {
    for (const { promise, notPromised, prove } of [...checks, ...ownFaultChecks(faults)]) {
      it(promise, { timeout }, async (context) => {
        const reason = notPromised?.(await suite.facts())
        if (reason === undefined) await prove(suite)
        else context.skip(reason)
      })
    }
  })
}
