import { during, sequence } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { ana, answersBlocks, makeDemo, runId, type Demo } from './demo.ts'
import { fails } from './demo-world.ts'

const cutPlan = (demo: Demo, onFailure: 'halt' | 'compensate' = 'compensate') =>
  demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.cut({ name: 'c', to: 'n' }), demo.set({ name: 'z', to: 'n' })), onFailure)

async function runAccepted(demo: Demo, made = cutPlan(demo), options: Parameters<Demo['run']>[1] = {}) {
  const approved = await demo.preview(made)
  return demo.run(made, { approved, approvals: [demo.agrees(approved, ['demo.cut@c'])], ...options })
}

const refusal = {
  code: 'PAST_POINT_OF_NO_RETURN',
  message: expect.stringContaining('demo.cut@c') as string,
  hint: expect.stringContaining('the run: go-on, abandon') as string,
  effect: 'none',
}

describe('a run that stands at a point of no return', () => {
  it('refuses to go back any further, naming the step and what is left', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    expect((await runAccepted(demo)).blocked?.reason).toBe('past-point-of-no-return')
    const { length } = await demo.records()
    await expect(demo.answer('compensate')).rejects.toMatchObject(refusal)
    await expect(demo.answer('compensate', 'demo.cut@c')).rejects.toMatchObject(refusal)
    expect(await demo.records()).toHaveLength(length)
  })

  it('refuses a cancel that would go back, instead of taking it and doing nothing', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    await runAccepted(demo)
    await expect(demo.runner().cancel(runId, { actor: ana, reason: 'no more' })).rejects.toMatchObject(refusal)
    expect((await demo.records()).some(({ type }) => type === 'cancel.requested')).toBe(false)
  })

  it('takes a compensate before it has gone back to that point, and then stands there', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    const made = cutPlan(demo, 'halt')
    const view = await runAccepted(demo, made, answersBlocks(['compensate']))
    expect(view.blocked).toEqual({ reason: 'past-point-of-no-return', ids: ['demo.cut@c'] })
    expect(demo.valueOf('a')).toBe('n')
  })
})

describe('a process that dies between the crossing and the intent', () => {
  it('has crossed nothing: going back goes all the way', async () => {
    const demo = makeDemo()
    const made = cutPlan(demo)
    const approved = await demo.preview(made)
    demo.diesAt((record) => (record.type === 'step.intended' && record.id === 'demo.cut@c' ? 'hang-before' : 'keep'))
    await demo.start(made, { approved, approvals: [demo.agrees(approved, ['demo.cut@c'])] })
    await demo.time.pass(60_000)
    demo.kill()
    expect((await demo.records()).at(-1)?.type).toBe('no-return.crossing')
    demo.on('prepare', 'c', fails('REJECTED'))
    expect((await demo.resume(made)).outcome).toBe('compensated')
    expect(demo.log).toEqual(['do a', 'undo a'])
  })
})

describe('a point of no return inside a scope', () => {
  const scoped = (demo: Demo, onFailure: 'halt' | 'compensate') =>
    demo.plan(
      during(demo.scope({ name: 'm', to: 'on' }), sequence(demo.cut({ name: 'c', to: 'n' }), demo.set({ name: 'z', to: 'n' }))),
      onFailure,
    )

  it('keeps the scope entered when what follows fails: the way out is forward', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED', { times: 1 }))
    const made = scoped(demo, 'compensate')
    expect((await runAccepted(demo, made)).blocked).toEqual({ reason: 'past-point-of-no-return', ids: ['demo.cut@c'] })
    expect(demo.valueOf('m')).toBe('on')
    await demo.answer('go-on')
    expect((await demo.resume(made)).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do m', 'do c', 'do z', 'do z', 'undo m'])
  })

  it('is left as always when a person skips what failed', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    const view = await runAccepted(demo, scoped(demo, 'halt'), answersBlocks(['skip', 'demo.set@z']))
    expect(view.outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do m', 'do c', 'do z', 'undo m'])
  })
})
