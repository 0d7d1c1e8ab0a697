import { allLeaves, lint, type Plan, plan, type PlanNode, type Risk, sequence, together } from '@backstep/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { find, set } from './nodes.ts'
import { sealPlan } from './sealed.ts'

const planOf = (node: PlanNode<Risk>): Plan<Risk> => plan({ name: 'large', steps: node })
const steps = (count: number): readonly ReturnType<typeof set>[] => Array.from({ length: count }, (_, index) => set(`s${index}`))

const shapes: Readonly<Record<string, (count: number) => Plan<Risk>>> = {
  'one after the other': (count) => planOf(sequence(...steps(count))),
  'beside each other': (count) => planOf(together(...steps(count))),
  'each with the output of the one before': (count) => {
    const made = [set('s0')]
    for (let index = 1; index < count; index++) made.push(set(`s${index}`, made[index - 1]?.output.value))
    return planOf(sequence(...made))
  },
  'all with the answer of one query': (count) => {
    const query = find('shared')
    return planOf(sequence(...Array.from({ length: count }, (_, index) => set(`s${index}`, query.output.value))))
  },
  'in parts of ten': (count) =>
    planOf(sequence(...Array.from({ length: count / 10 }, (_, part) => plan({ name: `part-${part}`, steps: together(...steps(10)) })))),
}

afterEach(() => {
  vi.restoreAllMocks()
})

/** How often a seal looks something up, compares or visits: time without a clock. */
async function workOf(made: Plan<Risk>): Promise<number> {
  const watched = [
    vi.spyOn(Map.prototype, 'get'),
    vi.spyOn(Map.prototype, 'has'),
    vi.spyOn(Set.prototype, 'has'),
    vi.spyOn(Object, 'keys'),
    vi.spyOn(Object, 'entries'),
    vi.spyOn(Object, 'values'),
    vi.spyOn(Array.prototype, 'push'),
    vi.spyOn(Array.prototype, 'includes'),
    vi.spyOn(Array.prototype, 'find'),
    vi.spyOn(Array.prototype, 'concat'),
  ]
  const { plan: sealed } = await sealPlan(made)
  const calls = watched.reduce((sum, { mock }) => sum + mock.calls.length, 0)
  vi.restoreAllMocks()
  expect(allLeaves(sealed).length).toBeGreaterThan(0)
  return calls
}

describe('sealing costs the same for each step, however many there are', () => {
  it.each(Object.keys(shapes))(
    '%s',
    async (shape) => {
      const make = shapes[shape] as (count: number) => Plan<Risk>
      const [small, large] = [await workOf(make(1000)), await workOf(make(10_000))]
      expect(small).toBeGreaterThan(1000)
      expect(large / small).toBeLessThanOrEqual(10.1)
    },
    60_000,
  )
})

describe('ten thousand steps', () => {
  it('are sealed and linted', async () => {
    const { plan: sealed } = await sealPlan((shapes['one after the other'] as (count: number) => Plan<Risk>)(10_000))
    expect(allLeaves(sealed)).toHaveLength(10_000)
    expect(lint(sealed).map(({ code }) => code)).toEqual(['plan.change-without-check'])
  }, 60_000)
})
