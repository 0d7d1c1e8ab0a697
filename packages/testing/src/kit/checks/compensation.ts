import type { Json } from '@backstep/core'
import { compensate, execute, prepare, probe, type StepWork } from '../call.ts'
import type { Case } from '../case.ts'
import { demand, same } from '../failure.ts'
import type { ConformanceCheck, Facts, Suite } from '../suite.ts'

const noUndo = ({ canUndo }: Facts): string | undefined => (canUndo ? undefined : 'not promised: the step has no compensate, by its risk')

/** Executes, undoes, and compares. What a step loses by its risk it may leave out, but has to name. */
async function undoOnce(
  one: Case,
  change: (work: StepWork) => StepWork,
): Promise<{ readonly initial: Json; readonly back: Json; readonly work: StepWork }> {
  const initial = await one.world()
  const { preparation, work } = await prepare(one, one.step())
  const done = change({ ...work, receipt: await execute(one, one.step(), work) })
  const restoration = await compensate(one, one.step(), done)
  const back = await one.world()
  const notRestored = (restoration['notRestored'] ?? []) as readonly Json[]
  const mayLose = preparation.risk.includes('data-loss') && notRestored.length > 0
  if (!mayLose) same(back, initial, 'compensate left another world than the one that was there')
  const found = await probe(one, one.step(), done)
  demand(found.at === 'before', () => `After compensate, probe says ${JSON.stringify(found)}, not before`)
  return { initial, back, work: done }
}

const restores: ConformanceCheck = {
  promise: 'compensate restores the world, and probe then says before',
  notPromised: noUndo,
  prove: async (suite: Suite) => {
    await suite.inCase((one) => undoOnce(one, (work) => work))
  },
}

const needsNoReceipt: ConformanceCheck = {
  promise: 'compensate needs no receipt',
  notPromised: noUndo,
  prove: async (suite) => {
    await suite.inCase((one) => undoOnce(one, (work) => ({ ...work, receipt: undefined })))
  },
}

const twiceIsOnce: ConformanceCheck = {
  promise: 'compensating twice equals once',
  notPromised: noUndo,
  prove: (suite) =>
    suite.inCase(async (one) => {
      const { back, work } = await undoOnce(one, (given) => given)
      await compensate(one, one.step(), work, { attempt: 2 })
      same(await one.world(), back, 'The second compensate changed the world')
    }),
}

export const compensationChecks: readonly ConformanceCheck[] = [restores, needsNoReceipt, twiceIsOnce]
