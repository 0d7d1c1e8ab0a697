import { allLeaves, isGroup, lint, type SealedPlan } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { allPlans } from './all-plans.ts'
import ecommerceJenkins from './ecommerce-jenkins.ts'
import { sealPlan } from './sealed.ts'

const names = Object.keys(allPlans)
const sealedPlan = async (name: string): Promise<SealedPlan> =>
  (await sealPlan((allPlans[name] as NonNullable<(typeof allPlans)[string]>)())).plan

describe('the plans of the five runbooks', () => {
  it.each(names)('%s is the same plan whenever it is built', async (name) => {
    const [first, second] = [await sealedPlan(name), await sealedPlan(name)]
    expect(second).toEqual(first)
    expect(second.hash).toMatch(/^[0-9a-f]{64}$/)
  })

  it.each(names)('%s is the same plan after JSON, and built again without asking its queries', async (name) => {
    const first = JSON.parse(JSON.stringify(await sealedPlan(name))) as SealedPlan
    const ask = (): never => {
      throw new Error('a sealed query was asked again')
    }
    const build = allPlans[name] as NonNullable<(typeof allPlans)[string]>
    expect((await sealPlan(build(), { known: first.values, ask })).plan).toEqual(first)
  })

  it('can be built again from the input that the sealed plan kept', async () => {
    const first = await sealedPlan('ecommerce-jenkins, manifests')
    expect(first.template).toEqual({ name: 'ecommerce-jenkins', input: { tag: 'v1.4.2' } })
    const again = await sealPlan(ecommerceJenkins.build(first.template?.input as { tag: string }))
    expect(again.plan.hash).toBe(first.hash)
  })

  it.each(names.filter((name) => name !== 'k8s-undo'))('%s has nothing for lint to find', async (name) => {
    expect(lint(await sealedPlan(name))).toEqual([])
  })

  it('rotates a leaked secret before people decide, although nothing brings the old one back: lint says so, rightly', async () => {
    expect(lint(await sealedPlan('k8s-undo')).map(({ code }) => code)).toEqual(['plan.irreversible-before-reversible'])
  })

  it.each(names)('%s needs little JSON: at most 1 KB a leaf', async (name) => {
    const plan = await sealedPlan(name)
    expect(JSON.stringify(plan).length).toBeLessThan(1024 * (allLeaves(plan).length + 1))
  })

  it('keep every output as the id and the field that it comes from', async () => {
    const { tree } = await sealedPlan('porttrack, blue-green')
    expect(JSON.stringify(tree)).toContain('"to":{"output":"k8s.live-colour@prod/porttrack/porttrack.idle"}')
    expect(isGroup(tree)).toBe(true)
  })

  it('hold secrets as names only', async () => {
    const { tree } = await sealedPlan('alojamientos, full')
    expect(JSON.stringify(tree)).toContain('"url":{"secret":"ALOJAMIENTOS_DATABASE_URL"}')
  })
})
