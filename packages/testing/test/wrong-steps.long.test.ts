import { describe, expect, it } from 'vitest'
import { collectChecks, runCheck } from './conformance.ts'
import { settingsBench } from './steps/settings-bench.ts'
import { wrongEffects } from './wrong/wrong-effects.ts'
import { wrongInterruptions } from './wrong/wrong-interruptions.ts'
import { wrongReads } from './wrong/wrong-reads.ts'
import { wrongBench, type WrongStep } from './wrong/wrong-step.ts'

const all: readonly WrongStep[] = [...wrongReads, ...wrongEffects, ...wrongInterruptions]
const short = { limitMs: 150, promptMs: 100 }

describe('the kit catches', () => {
  it.each(all.map((wrong) => [wrong.is, wrong] as const))('%s', async (_, wrong) => {
    const result = await runCheck(wrong.caughtBy, async () => wrongBench(wrong), short)
    expect(result).toMatchObject({ state: 'failed', why: expect.stringContaining(wrong.says) as string })
  })

  it('a wrong step for each of its promises', () => {
    const caught = new Set(all.map(({ caughtBy }) => caughtBy))
    const unproved = [...collectChecks(async () => settingsBench()).keys()].filter(
      (promise) => !caught.has(promise) && !promise.includes('wire') && !promise.includes('cut in the middle'),
    )
    expect(unproved).toEqual([])
  })
})
