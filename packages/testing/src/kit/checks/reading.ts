import type { Json } from '@backstep/core'
import { callMethod, execute, prepare, valueOf, type CallReport, type StepMethod, type StepWork } from '../call.ts'
import type { Case } from '../case.ts'
import { demandNone, same } from '../failure.ts'
import type { ConformanceCheck } from '../suite.ts'

/** Calls a method that may only read, and shows that it did. */
async function onlyReads(one: Case, method: StepMethod, given: StepWork, call: (work: StepWork) => Promise<CallReport>): Promise<void> {
  const before: readonly Json[] = [await one.world(), await one.writes()]
  const report = await call(given)
  valueOf(report)
  const wrote = report.contacts.filter(({ mode }) => mode !== 'read').map(({ name, mode }) => `it made the ${mode} contact "${name}"`)
  demandNone(wrote, `${method} may not write`)
  same([await one.world(), await one.writes()], before, `${method} changed something`)
}

const prepareWritesNothing: ConformanceCheck = {
  promise: 'prepare writes nothing',
  prove: (suite) =>
    suite.inCase(async (one) => {
      const step = one.step()
      const work = { prepared: {}, snapshot: null, mark: 'reading-reading-reading', receipt: undefined }
      await onlyReads(one, 'prepare', work, (given) => callMethod(one, step, 'prepare', given))
    }),
}

const lookingWritesNothing: ConformanceCheck = {
  promise: 'probe and verify write nothing',
  prove: (suite) =>
    suite.inCase(async (one) => {
      const step = one.step()
      const { work } = await prepare(one, step)
      await onlyReads(one, 'probe', work, (given) => callMethod(one, step, 'probe', given))
      const done = { ...work, receipt: await execute(one, step, work) }
      await onlyReads(one, 'probe', done, (given) => callMethod(one, step, 'probe', given))
      await onlyReads(one, 'verify', done, (given) => callMethod(one, step, 'verify', given))
    }),
}

export const readingChecks: readonly ConformanceCheck[] = [prepareWritesNothing, lookingWritesNothing]
