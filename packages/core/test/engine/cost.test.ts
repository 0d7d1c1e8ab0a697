import { describe, expect, it } from 'vitest'
import { carry, countedRun, type Count } from './model/counted.ts'
import { engine } from './model/engine.ts'
import { sealedPlanOf } from './model/sealed.ts'
import type { Shape } from './model/shape.ts'
import type { RunRecord, SealedPlan } from '../../src/index.ts'

const step = (index: number): Shape => ({ leaf: 'step', name: `s${index}` })
const steps = (count: number): Shape[] => Array.from({ length: count }, (_, index) => step(index))
const inParts = (all: readonly Shape[], size: number): readonly (readonly Shape[])[] =>
  all.length === 0 ? [] : [all.slice(0, size), ...inParts(all.slice(size), size)]

const shapes: Readonly<Record<string, (count: number) => Shape>> = {
  'one after the other': (count) => ({ group: 'sequence', children: steps(count) }),
  'all beside each other': (count) => ({ group: 'together', children: steps(count) }),
  'eight at a time': (count) => ({ group: 'together', limit: 8, children: steps(count) }),
  'parts beside each other': (count) => ({
    group: 'together',
    children: inParts(steps(count), 10).map((children) => ({ group: 'sequence', children })),
  }),
  'parts one after the other': (count) => ({
    group: 'sequence',
    children: inParts(steps(count), 10).map((children) => ({ group: 'together', children })),
  }),
  'scopes beside each other': (count) => ({
    group: 'together',
    children: inParts(steps(count), 2).map((children) => ({ group: 'during', children })),
  }),
  'optional parts': (count) => ({
    group: 'sequence',
    children: inParts(steps(count), 2).map((children) => ({ group: 'together', policy: 'go-on', children })),
  }),
}

const createdFor = (count: number, plan: SealedPlan): RunRecord => {
  const ids = Array.from({ length: count }, (_, index) => `s${index}`)
  const actor = { id: 'planner' }
  const approved = Object.fromEntries(ids.map((id) => [id, '']))
  return {
    type: 'run.created',
    at: 1,
    runId: 'run',
    planHash: plan.hash,
    previewHash: '',
    approved,
    approvals: [],
    leases: ids.map((id) => `lease ${id}`),
    actor,
    engine: 'model',
  }
}

/** Elements touched from the first record to the end, per record. */
function costOf(
  shape: Shape,
  count: number,
  refuses?: string,
): { readonly touched: number; readonly records: readonly RunRecord[]; readonly plan: SealedPlan } {
  const plan = sealedPlanOf(shape, 'compensate')
  const tally: Count = { touched: 0 }
  const run = countedRun(engine, plan, tally)
  const records: RunRecord[] = [createdFor(count, plan)]
  engine.evolve(run, records[0] as RunRecord)
  tally.touched = 0
  carry(engine, run, { records, ...(refuses === undefined ? {} : { refuses }) })
  expect(run.outcome).toBe(refuses === undefined ? 'succeeded' : 'compensated')
  return { touched: tally.touched, records, plan }
}

describe.each(Object.entries(shapes))('a plan ten times as large costs ten times as much: %s', (_, shapeOf) => {
  it('going forward', () => {
    expect(costOf(shapeOf(1000), 1000).touched / costOf(shapeOf(100), 100).touched).toBeLessThan(11)
  })

  it('going back from its last step', () => {
    const withLast = (count: number): Shape => ({ group: 'sequence', children: [shapeOf(count), step(count)] })
    const [large, small] = [1000, 100].map((count) => costOf(withLast(count), count, `s${count}`).touched) as [number, number]
    expect(large / small).toBeLessThan(11)
  })

  it('made again from its records', () => {
    const [large, small] = [1000, 100].map((count) => {
      const { records, plan } = costOf(shapeOf(count), count)
      const tally: Count = { touched: 0 }
      const run = countedRun(engine, plan, tally)
      tally.touched = 0
      for (const record of records) engine.evolve(run, record)
      engine.evolve(run, { type: 'run.resumed', at: 1, epoch: 2, actor: { id: 'planner' } })
      engine.decide(run)
      return tally.touched
    }) as [number, number]
    expect(large / small).toBeLessThan(11)
  })
})
