import { defineStep, sequence, together } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { ana, leafOf, makeDemo, runId, type Demo } from './demo.ts'
import { fails } from './demo-world.ts'

const plainPlan = (demo: Demo) =>
  demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.once({ name: 'b', to: 'n' }), demo.set({ name: 'c', to: 'n' })))

/** Runs until the process dies at that record, then in a new one until the end. */
async function crashAt(demo: Demo, build: () => ReturnType<typeof plainPlan>, index: number, side: 'before' | 'after') {
  const approved = await demo.preview(build())
  demo.diesAt((_, at) => (at === index ? `hang-${side}` : 'keep'))
  await Promise.race([demo.start(build(), { approved }), demo.time.pass(5000)])
  await demo.time.pass(10 * 60_000)
  demo.kill()
  return demo.resume(build())
}

describe('a process that dies', () => {
  it.each(['before', 'after'] as const)('right %s any record leaves a run that resumes to the same end', async (side) => {
    const reference = makeDemo()
    await reference.run(plainPlan(reference))
    const { length } = await reference.records()
    for (let index = 1; index < length; index++) {
      const demo = makeDemo()
      const view = await crashAt(demo, () => plainPlan(demo), index, side)
      expect(`${index} ${view.outcome}`).toBe(`${index} succeeded`)
      expect(demo.log.filter((line) => line === 'do b')).toHaveLength(1)
    }
  })

  it.each(['before', 'after'] as const)('right %s any record of going back resumes to the same end', async (side) => {
    const failing = (demo: Demo) => {
      demo.on('do', 'z', fails('REJECTED'))
      return demo.plan(
        sequence(together(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })), demo.set({ name: 'z', to: 'n' })),
      )
    }
    const reference = makeDemo()
    await reference.run(failing(reference))
    const { length } = await reference.records()
    for (let index = 1; index < length; index++) {
      const demo = makeDemo()
      const view = await crashAt(demo, () => failing(demo), index, side)
      expect(`${index} ${view.outcome === 'aborted' ? 'compensated' : view.outcome}`).toBe(`${index} compensated`)
      expect([demo.valueOf('a'), demo.valueOf('b'), demo.valueOf('z')]).toEqual(['old', 'old', 'old'])
    }
  })

  it('between the intent and the effect does not use up the only attempt of a step that runs once', async () => {
    const demo = makeDemo()
    const made = demo.plan(demo.once({ name: 'a', to: 'n' }))
    demo.diesAt(({ type }) => (type === 'step.intended' ? 'hang-after' : 'keep'))
    await demo.start(made)
    await demo.time.pass(60_000)
    demo.kill()
    expect((await demo.resume(made)).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a'])
  })

  it('and was resumed cannot write any more', async () => {
    const demo = makeDemo()
    const made = plainPlan(demo)
    demo.diesAt(({ type }) => (type === 'step.effected' ? 'hang-before' : 'keep'))
    await demo.start(made)
    await demo.time.pass(60_000)
    demo.kill()
    await demo.resume(made)
    const epochs = (await demo.records()).flatMap((record) => (record.type === 'run.resumed' ? [record.epoch] : []))
    expect(epochs).toHaveLength(1)
  })
})

/** A step with an option that changes nothing about where it ends. */
function labelledStep(demo: Demo, used: string[]) {
  return defineStep({
    kind: 'demo.label',
    options: z.object({ label: z.string() }),
    prepared: z.object({}),
    receipt: z.object({}),
    traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only' },
    toRollbackError: (cause) => cause as Error,
    target: () => ({ system: 'demo', name: 'l' }),
    prepare: async () => ({
      prepared: {},
      summary: 'Set l',
      changes: [{ resource: 'l', action: 'update', after: 'n' }],
      guards: [],
      leases: ['demo:l'],
      risk: ['reversible'],
    }),
    probe: async () => (demo.valueOf('l') === 'n' ? { at: 'after', receipt: {} } : { at: 'before' }),
    async execute({ options: { label } }) {
      used.push(label)
      demo.values.set('l', 'n')
      return {}
    },
    verify: async () => ({ status: 'healthy', evidence: [] }),
    async compensate() {
      demo.values.set('l', 'old')
      return { evidence: [] }
    },
  })
}

describe('code that changed between the crash and the resume', () => {
  const build = (demo: Demo, to: string) =>
    demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to }), demo.set({ name: 'c', to })))

  async function interrupted(demo: Demo): Promise<void> {
    demo.diesAt((record) => (record.type === 'step.verified' ? 'hang-after' : 'keep'))
    await demo.start(build(demo, 'n'))
    await demo.time.pass(60_000)
    demo.kill()
  }

  it('is refused, naming the steps that have not run', async () => {
    const demo = makeDemo()
    await interrupted(demo)
    await expect(demo.resume(build(demo, 'm'))).rejects.toMatchObject({
      code: 'PLAN_CHANGED',
      message: expect.stringMatching(/demo.set@b, demo.set@c/) as string,
    })
    expect(demo.valueOf('b')).toBe('old')
  })

  it('is accepted step by step by a person, and it is recorded', async () => {
    const demo = makeDemo()
    await interrupted(demo)
    await expect(demo.resume(build(demo, 'm'), { override: { ids: ['demo.set@b'], reason: 'a harmless change' } })).rejects.toMatchObject({
      code: 'PLAN_CHANGED',
    })
    const ids = ['demo.set@b', 'demo.set@c']
    await demo.resume(build(demo, 'm'), { actor: ana, override: { ids, reason: 'a harmless change' } })
    const record = (await demo.records()).find(({ type }) => type === 'plan.overridden')
    expect(record).toMatchObject({ actor: ana, reason: 'a harmless change', leaves: ids.map((id) => ({ id })) })
  })

  it('runs to the end once a person accepts it, when it ends where it was approved to end', async () => {
    const demo = makeDemo()
    const used: string[] = []
    const labelled = labelledStep(demo, used)
    const labelledPlan = (label: string) => demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), labelled({ label })))
    demo.diesAt((record) => (record.type === 'step.verified' ? 'hang-after' : 'keep'))
    await demo.start(labelledPlan('before'))
    await demo.time.pass(60_000)
    demo.kill()
    await expect(demo.resume(labelledPlan('after'))).rejects.toMatchObject({ code: 'PLAN_CHANGED' })
    const override = { ids: ['demo.label@l'], reason: 'only its label' }
    expect((await demo.resume(labelledPlan('after'), { override })).outcome).toBe('succeeded')
    expect(used).toEqual(['after'])
  })

  it('may end nowhere else than was approved, also when a person accepts it', async () => {
    const demo = makeDemo()
    await interrupted(demo)
    const override = { ids: ['demo.set@b', 'demo.set@c'], reason: 'looks harmless' }
    const view = await demo.resume(build(demo, 'm'), { override })
    expect(view).toMatchObject({ outcome: 'compensated', failure: { code: 'DRIFTED' } })
    expect([demo.valueOf('a'), demo.valueOf('b')]).toEqual(['old', 'old'])
  })

  it('of a step that has run already matters no more', async () => {
    const demo = makeDemo()
    await interrupted(demo)
    const other = demo.plan(
      sequence(demo.set({ name: 'a', to: 'changed' }), demo.set({ name: 'b', to: 'n' }), demo.set({ name: 'c', to: 'n' })),
    )
    expect((await demo.resume(other)).outcome).toBe('succeeded')
  })

  it('that adds or removes a step is refused whatever is overridden', async () => {
    const demo = makeDemo()
    await interrupted(demo)
    const shorter = demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })))
    await expect(demo.resume(shorter, { override: { ids: ['demo.set@c'], reason: 'x' } })).rejects.toMatchObject({ code: 'PLAN_CHANGED' })
  })

  it('is refused between the preview and the run too', async () => {
    const demo = makeDemo()
    const approved = await demo.preview(build(demo, 'n'))
    await expect(demo.runner().run(build(demo, 'm'), { approved })).rejects.toMatchObject({ code: 'PLAN_CHANGED' })
    expect(demo.log).toEqual([])
  })
})

describe('a run that has ended', () => {
  it('is not carried on by a resume', async () => {
    const demo = makeDemo()
    const made = plainPlan(demo)
    await demo.run(made)
    const view = await demo.resume(made)
    expect(view.outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do b', 'do c'])
    expect(leafOf(view, 'demo.set@a')?.phase).toBe('done')
    expect(view.runId).toBe(runId)
  })
})
