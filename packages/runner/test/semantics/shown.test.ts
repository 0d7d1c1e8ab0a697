import { fallback, gate, is, optional, require as requires, route, sequence, verdictOf, totalsOf, when } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { leafOf, makeDemo, type Demo } from './demo.ts'
import { failure, fails, verdicts } from './demo-world.ts'

const statesOf = async (demo: Demo, made: Parameters<Demo['preview']>[0]) =>
  Object.fromEntries((await demo.preview(made)).steps.map(({ id, state }) => [id, state]))

describe('a preview', () => {
  it('prepares every alternative, and marks those that run only if others fail', async () => {
    const demo = makeDemo()
    const made = demo.plan(fallback(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })))
    expect(await statesOf(demo, made)).toEqual({ 'demo.set@a': 'ready', 'demo.set@b': 'alternative' })
    expect(demo.countOf('prepare', 'b')).toBe(1)
  })

  it('prepares nothing on a branch that an answer rules out, and both sides while a person decides', async () => {
    const demo = makeDemo()
    const names = demo.names({ of: 'shop' })
    const known = demo.plan(
      sequence(names, when(is(names.output.first, 'x'), demo.set({ name: 'yes', to: 'n' }), demo.set({ name: 'no', to: 'n' }))),
    )
    expect(await statesOf(demo, known)).toEqual({ 'demo.set@yes': 'ready', 'demo.set@no': 'not-taken' })
    expect(demo.countOf('prepare', 'no')).toBe(0)
    const way = gate.decision({ name: 'way', role: 'dba', options: ['back', 'on'], timeBox: '1h', onTimeout: 'escalate' })
    const open = demo.plan(
      sequence(way, route(way.output.answer, { back: demo.set({ name: 'b', to: 'n' }), on: demo.set({ name: 'o', to: 'n' }) })),
    )
    expect(await statesOf(demo, open)).toEqual({ 'demo.set@b': 'ready', 'demo.set@o': 'ready' })
  })

  it('asks a precondition before the first change only; later ones are listed and asked when they are reached', async () => {
    const demo = makeDemo()
    const made = demo.plan(
      sequence(requires(demo.check({ name: 'first' })), demo.set({ name: 'a', to: 'n' }), requires(demo.check({ name: 'second' }))),
    )
    const { requires: asked } = await demo.preview(made)
    expect(asked.map(({ status }) => status)).toEqual(['healthy', 'later'])
    expect(demo.countOf('check', 'second')).toBe(0)
  })

  it('shows a step whose target an earlier step makes as late, and the run prepares it when it is there', async () => {
    const demo = makeDemo()
    demo.on('prepare', 'b', () => {
      if (demo.valueOf('a') !== 'n') throw failure('OUTPUT_NOT_KNOWN')
    })
    const made = demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })))
    expect(await statesOf(demo, made)).toEqual({ 'demo.set@a': 'ready', 'demo.set@b': 'late' })
    expect((await demo.run(made)).outcome).toBe('succeeded')
  })

  it('that asks about losing data has the step ask again, when its target was not there to be counted', async () => {
    const demo = makeDemo()
    demo.on('prepare', 'l', () => {
      if (demo.valueOf('a') !== 'n') throw failure('OUTPUT_NOT_KNOWN')
    })
    const made = demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.lossy({ name: 'l', to: 'n' })))
    const approved = await demo.preview(made)
    const view = await demo.run(made, { approved, approvals: [demo.agrees(approved, ['demo.lossy@l'])] })
    expect(view.openGates.map(({ id }) => id)).toEqual(['demo.lossy@l'])
    expect(demo.valueOf('l')).toBe('old')
  })

  it('without data about a precondition cannot be run: no data never counts as health', async () => {
    const demo = makeDemo()
    demo.on('check', 'shop', () => verdicts.unknown)
    const made = demo.plan(sequence(requires(demo.check({ name: 'shop' })), demo.set({ name: 'a', to: 'n' })))
    const approved = await demo.preview(made)
    expect(verdictOf(approved, totalsOf(approved)).headline).toMatch(/^CANNOT RUN/)
    await expect(demo.runner().run(made, { approved })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
  })
})

describe('a part that refuses in the preview', () => {
  const either = (demo: Demo) => demo.plan(fallback(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })))

  it('does not keep the plan from running while another alternative is left; it is a finding', async () => {
    const demo = makeDemo()
    demo.on('prepare', 'a', fails('TARGET_NOT_FOUND'))
    const approved = await demo.preview(either(demo))
    expect(approved.steps.map(({ state }) => state)).toEqual(['refused', 'alternative'])
    expect(approved.findings).toContainEqual(
      expect.objectContaining({
        level: 'warning',
        code: 'plan.part-refused',
        message: expect.stringContaining('"demo.set@a" refused (TARGET_NOT_FOUND') as string,
      }),
    )
    const view = await demo.run(either(demo), { approved })
    expect(view.outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do b'])
    expect(leafOf(view, 'demo.set@a')).toMatchObject({ phase: 'failed', touched: false, failure: { code: 'TARGET_NOT_FOUND' } })
  })

  it('keeps it from running when no alternative is left, and says why', async () => {
    const demo = makeDemo()
    demo.on('prepare', 'a', fails('TARGET_NOT_FOUND'))
    demo.on('prepare', 'b', fails('PERMISSION_DENIED'))
    const approved = await demo.preview(either(demo))
    await expect(demo.runner().run(either(demo), { approved })).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
      message: expect.stringMatching(/demo.set@a: .*demo.set@b: /) as string,
    })
  })

  it('does not keep the plan from running when it is optional', async () => {
    const demo = makeDemo()
    demo.on('prepare', 'a', fails('TARGET_NOT_FOUND'))
    const made = demo.plan(sequence(optional(demo.set({ name: 'a', to: 'n' })), demo.set({ name: 'b', to: 'n' })))
    expect((await demo.run(made)).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do b'])
  })

  it('asks before it loses data, when it can run after all: nobody has seen what it would lose', async () => {
    const demo = makeDemo()
    demo.on('prepare', 'l', fails('TARGET_NOT_FOUND', { times: 1 }))
    const made = demo.plan(fallback(demo.lossy({ name: 'l', to: 'n' }), demo.set({ name: 'b', to: 'n' })))
    const approved = await demo.preview(made)
    const view = await demo.run(made, { approved, approvals: [demo.agrees(approved, ['demo.lossy@l'])] })
    expect(view).toMatchObject({ state: 'waiting', openGates: [{ id: 'demo.lossy@l' }] })
    expect(demo.log).toEqual([])
  })
})
