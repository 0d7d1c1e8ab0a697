import { allLeaves, type SealedPlan } from '@backstep/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildPlan, groupsOf, plans, replaced, type Spec } from './random-plans.ts'
import { sealPlan } from './sealed.ts'

const seed = 20_261_123
const sealed = async (spec: Spec): Promise<SealedPlan> => (await sealPlan(buildPlan(spec))).plan
const hashes = (plan: SealedPlan): ReadonlyMap<string, string> => new Map(allLeaves(plan).map(({ id, hash }) => [id, hash]))

describe('random plans', () => {
  it('built twice are the same plan', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (spec) => {
        const [first, second] = [await sealed(spec), await sealed(spec)]
        expect(second).toEqual(first)
        expect(second.hash).toBe(first.hash)
      }),
      { seed, numRuns: 200 },
    )
  })

  it('are the same plan after JSON', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (spec) => {
        const plan = await sealed(spec)
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
      }),
      { seed, numRuns: 100 },
    )
  })

  it('have every id once, and the code behind each', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (spec) => {
        const { plan, registry } = await sealPlan(buildPlan(spec))
        const leaves = allLeaves(plan)
        expect(new Set(leaves.map(({ id }) => id)).size).toBe(leaves.length)
        for (const { id, of } of leaves) expect(registry.has(of ?? id)).toBe(true)
      }),
      { seed, numRuns: 100 },
    )
  })

  it('keep ids and hashes of all other leaves when something is added anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.nat(), fc.nat(), async (spec, whichGroup, place) => {
        const groups = groupsOf(spec)
        const group = groups[whichGroup % groups.length] as (typeof groups)[number]
        const index = place % (group.children.length + 1)
        const added: Spec = { step: 'added', to: 'anything' }
        const edited = replaced(spec, group, { ...group, children: group.children.toSpliced(index, 0, added) })
        const [before, after] = [hashes(await sealed(spec)), hashes(await sealed(edited))]
        for (const [id, hash] of before) expect(after.get(id)).toBe(hash)
        expect(after.size).toBe(before.size + 1)
      }),
      { seed, numRuns: 200 },
    )
  })

  it('change the hash of a leaf whose options changed, and of no other', async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.nat(), async (spec, which) => {
        const steps = groupsOf(spec)
          .flatMap(({ children }) => children)
          .filter((child) => 'step' in child && child.step.length % 3 !== 0)
        fc.pre(steps.length > 0)
        const old = steps[which % steps.length] as Extract<Spec, { step: string }>
        const edited = replaced(spec, old, { ...old, to: { was: old.to } })
        const [before, after] = [await sealed(spec), await sealed(edited)]
        const changed = [...hashes(before)].filter(([id, hash]) => hashes(after).get(id) !== hash).map(([id]) => id)
        expect(changed).toHaveLength(1)
        expect(changed[0]).toMatch(new RegExp(`demo\\.set@${old.step}$`))
        expect(after.hash).not.toBe(before.hash)
      }),
      { seed, numRuns: 200 },
    )
  })
})
