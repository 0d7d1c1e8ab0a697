import { allLeaves, type Plan, plan, planTemplate, type PlanNode, type Risk, type SealedPlan, sequence } from '@backstep/core'
import { beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { failureOf } from '../define/failure-of.ts'
import { asked, set } from './nodes.ts'
import { sealPlan } from './sealed.ts'

const planOf = (...nodes: readonly PlanNode<Risk>[]): Plan<Risk> => plan({ name: 'x', steps: sequence(...nodes) })
const idsOf = (sealed: SealedPlan): readonly string[] => allLeaves(sealed).map(({ id }) => id)

beforeEach(() => asked.clear())

describe('templates', () => {
  const template = planTemplate({
    name: 'shop',
    input: z.strictObject({ tag: z.string().regex(/^v\d/), path: z.enum(['a', 'b']).default('a') }),
    build: ({ tag, path }) => planOf(set(path, tag)),
  })

  it('check their input, naming the field', async () => {
    const failure = await failureOf(() => template.build({ tag: 'latest', path: 'c' } as never))
    expect(failure).toMatchObject({ code: 'OPTIONS_INVALID', message: expect.stringMatching(/^plan shop input: tag: .*; path: /) })
  })

  it('are sealed with their input as it was written, and fill in defaults for the plan', async () => {
    const { plan: sealed } = await sealPlan(template.build({ tag: 'v1' }))
    expect(sealed.template).toEqual({ name: 'shop', input: { tag: 'v1' } })
    expect(idsOf(sealed)).toEqual(['demo.set@a'])
    expect((await sealPlan(template.build(sealed.template?.input as { tag: string }))).plan).toEqual(sealed)
  })

  it('with another input are another plan, also when it builds the same', async () => {
    const [left, given] = [await sealPlan(template.build({ tag: 'v1' })), await sealPlan(template.build({ tag: 'v1', path: 'a' }))]
    expect(given.plan.tree).toEqual(left.plan.tree)
    expect(given.plan.hash).not.toBe(left.plan.hash)
  })

  it('whose input turns into something else can still be built again from what was written', async () => {
    const counted = planTemplate({
      name: 'counted',
      input: z.strictObject({ count: z.string().transform(Number) }),
      build: ({ count }) => planOf(...Array.from({ length: count }, (_, index) => set(`s${index}`))),
    })
    const { plan: sealed } = await sealPlan(counted.build({ count: '3' }))
    expect(idsOf(sealed)).toHaveLength(3)
    expect((await sealPlan(counted.build(sealed.template?.input as { count: string }))).plan.hash).toBe(sealed.hash)
  })

  it('take no input that would not survive JSON', async () => {
    const dated = planTemplate({ name: 'dated', input: z.strictObject({ at: z.date().transform(String) }), build: () => planOf(set('a')) })
    const failure = await failureOf(() => sealPlan(dated.build({ at: new Date(0) })))
    expect(failure).toMatchObject({ code: 'PLAN_INVALID', message: expect.stringContaining('template input at: an object of class Date') })
  })

  it('must build a plan', async () => {
    const broken = planTemplate({ name: 'broken', input: z.strictObject({}), build: () => sequence(set('a')) as never })
    expect(await failureOf(() => broken.build({}))).toMatchObject({
      code: 'PLAN_INVALID',
      message: 'planTemplate broken: build returned no plan',
    })
  })
})
