import type { Plan, Risk } from '@backstep/core'
import type { Runner } from '@backstep/runner'
import { timed } from '../statistics.ts'

/** From "go", with the preview made and approved before, to verified. */
export async function goTime(runner: Runner, one: Plan<Risk>): Promise<number> {
  const approved = await runner.preview(one)
  return timed(async () => {
    const { outcome, failure } = await runner.run(one, { approved })
    if (outcome !== 'succeeded') throw new Error(`the run ended as ${outcome}: ${failure?.message}`)
  })
}
