import { join } from 'node:path'
import { fileRunner } from '@backstep/runner'
import { noOpPlan } from '../no-op.ts'
import { timed } from '../statistics.ts'
import type { Shape } from './peer.ts'

/** The same number of steps that do nothing, in the file runner. The preview before it is not counted: the others have none. */
export function backstep(world: string): (shape: Shape, count: number) => Promise<number> {
  const runner = fileRunner({ directory: join(world, 'state') })
  return async (shape, count) => {
    const plan = noOpPlan(shape, count)
    const approved = await runner.preview(plan)
    return timed(async () => {
      const view = await runner.run(plan, { approved })
      if (view.outcome !== 'succeeded') throw new Error(`the run ended as ${view.outcome}`)
    })
  }
}
