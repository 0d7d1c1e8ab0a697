import { demand, same } from '../failure.ts'
import { pass } from '../passage.ts'
import type { ConformanceCheck } from '../suite.ts'

const lateOptionsWork: ConformanceCheck = {
  promise: 'late options take outputs of earlier steps',
  notPromised: ({ lateValues }) => (lateValues === 0 ? 'not promised: `make` marks no option as late' : undefined),
  prove: async (suite) => {
    const reference = await suite.passage('forward')
    const passage = await suite.inCase((one) => pass(one, 'late'))
    const previewed = passage.preview.steps.find(({ id }) => !id.startsWith('testing.'))
    demand(
      previewed?.state === 'late',
      () => `In the preview of a plan that provides them later, the step is ${previewed?.state ?? 'missing'}, not late`,
    )
    const { failure } = passage.view
    demand(
      passage.outcome === 'succeeded',
      () => `With outputs as options the run ended as ${passage.outcome}${failure === undefined ? '' : `: ${failure.message}`}`,
    )
    same(passage.world, reference.world, 'With outputs as options the run reached another world')
  },
}

export const lateChecks: readonly ConformanceCheck[] = [lateOptionsWork]
