import { system } from '@backstep/testbed'
import { describe, expect, it } from 'vitest'
import { bothWays } from './differential.ts'

const cluster = await system('kubernetes')
/** A small sample; `pnpm soak helm-differential` takes the large one. */
const histories = Number(process.env['BACKSTEP_HELM_HISTORIES'] ?? 6)
const firstSeed = Number(process.env['BACKSTEP_HELM_FIRST_SEED'] ?? 1)
const seeds = Array.from({ length: histories }, (_, index) => firstSeed + index)

describe.each([3, 4] as const)('beside Helm %i', (helm) => {
  it.each(seeds)('the step leaves the objects that a person with Helm would have left, in random history %i', async (seed) => {
    const { byHelm, byStep } = await bothWays(cluster, helm, seed)
    expect(byStep).toEqual(byHelm)
  })
})
