import { system } from '@backstep/testbed'
import { describe, expect, it } from 'vitest'
import { bothWays } from './differential.ts'

const cluster = await system('kubernetes')

/** A small sample; `soak/differential.soak.ts` has the large one. */
describe.each([3, 4] as const)('beside Helm %i', (helm) => {
  it.each([1, 2, 3, 4, 5, 6])('the step leaves the objects that a person with Helm would have left, in random history %i', async (seed) => {
    const { byHelm, byStep } = await bothWays(cluster, helm, seed * 10 + helm)
    expect(byStep).toEqual(byHelm)
  })
})
