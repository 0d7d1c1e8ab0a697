import { fallback, sequence } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { ana, answersBlocks, makeDemo, runId, type Demo } from './demo.ts'
import { fails } from './demo-world.ts'

const three = (demo: Demo) =>
  demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' }), demo.set({ name: 'c', to: 'n' })))

/** Cancels while the effect of a step is under way. */
function cancelsDuring(demo: Demo, name: string, mode: 'compensate' | 'hold' = 'compensate'): void {
  demo.on('do', name, async (count) => {
    if (count > 1) return
    await demo.ports.requests.post(runId, { ask: 'cancel', mode, actor: ana, reason: 'no more' })
    await demo.time.pass(5000)
  })
}

describe('a cancel', () => {
  it('is journalled, starts nothing new, finishes what runs, and puts back', async () => {
    const demo = makeDemo()
    cancelsDuring(demo, 'b')
    const view = await demo.run(three(demo))
    expect(view).toMatchObject({ outcome: 'compensated', why: 'cancelled' })
    expect(demo.log).toEqual(['do a', 'do b', 'undo b', 'undo a'])
    expect((await demo.records()).find(({ type }) => type === 'cancel.requested')).toMatchObject({ actor: ana, reason: 'no more' })
  })

  it('before the first effect ends as aborted', async () => {
    const demo = makeDemo()
    demo.on('prepare', 'a', async (count) => {
      if (count < 2) return
      await demo.ports.requests.post(runId, { ask: 'cancel', mode: 'compensate', actor: ana, reason: 'no more' })
      await demo.time.pass(5000)
    })
    const view = await demo.run(three(demo))
    expect(view.outcome).toBe('aborted')
    expect(demo.log).toEqual([])
  })

  it('looks at an effect in doubt before it puts anything back', async () => {
    const demo = makeDemo()
    cancelsDuring(demo, 'b')
    demo.on('did', 'b', fails('TIMED_OUT'))
    expect((await demo.run(three(demo))).outcome).toBe('compensated')
    expect(demo.log).toEqual(['do a', 'do b', 'undo b', 'undo a'])
  })

  it('while a failed alternative is put back starts no other alternative', async () => {
    const demo = makeDemo()
    demo.on('do', 'b', fails('REJECTED'))
    demo.on('undo', 'a', async () => {
      await demo.ports.requests.post(runId, { ask: 'cancel', mode: 'compensate', actor: ana, reason: 'no more' })
      await demo.time.pass(5000)
    })
    const made = demo.plan(
      fallback(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })), demo.set({ name: 'c', to: 'n' })),
    )
    expect((await demo.run(made)).outcome).toBe('compensated')
    expect(demo.log).toEqual(['do a', 'do b', 'undo a'])
  })

  it('that holds stops there, and goes on when told', async () => {
    const demo = makeDemo()
    cancelsDuring(demo, 'b', 'hold')
    const made = three(demo)
    const held = await demo.run(made)
    expect(held).toMatchObject({ state: 'blocked', blocked: { reason: 'held', ids: [] } })
    expect(held.answers).toEqual([{ id: '', answers: ['go-on', 'compensate', 'abandon'] }])
    expect(demo.log).toEqual(['do a', 'do b'])
    await demo.answer('go-on')
    expect((await demo.resume(made)).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do b', 'do c'])
  })

  it('that holds holds also when the step under way fails: nobody asked to go back', async () => {
    const demo = makeDemo()
    cancelsDuring(demo, 'b', 'hold')
    demo.on('verify', 'b', () => ({ status: 'unhealthy', evidence: [], expected: 'x', actual: 'y' }))
    const view = await demo.run(three(demo))
    expect(view.blocked).toEqual({ reason: 'step-failed', ids: ['demo.set@b'] })
    expect(demo.log).toEqual(['do a', 'do b'])
  })

  it('of a halted run is obeyed', async () => {
    const demo = makeDemo()
    demo.on('do', 'b', fails('REJECTED'))
    const made = demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })), 'halt')
    expect((await demo.run(made)).blocked?.reason).toBe('step-failed')
    await demo.runner().cancel(runId, { actor: ana, reason: 'no more' })
    expect((await demo.resume(made)).outcome).toBe('compensated')
    expect(demo.valueOf('a')).toBe('old')
  })

  it('comes once: a second one is refused and says who asked first', async () => {
    const demo = makeDemo()
    cancelsDuring(demo, 'b', 'hold')
    await demo.run(three(demo))
    await expect(demo.runner().cancel(runId, { actor: ana, reason: 'again' })).rejects.toMatchObject({
      code: 'ANSWER_REFUSED',
      message: expect.stringContaining('ana') as string,
    })
  })

  it('does not wait for a pause between two attempts', async () => {
    const demo = makeDemo()
    demo.on('do', 'b', fails('RATE_LIMITED'))
    const handle = await demo.start(three(demo))
    await demo.time.pass(1000)
    await demo.runner().cancel(runId, { actor: ana, reason: 'no more' })
    expect((await handle.result).outcome).toBe('compensated')
    expect(demo.countOf('do', 'b')).toBeLessThan(3)
  })
})

describe('past a point of no return', () => {
  const cutPlan = (demo: Demo) =>
    demo.plan(
      sequence(
        demo.set({ name: 'a', to: 'n' }),
        demo.cut({ name: 'c', to: 'n' }),
        demo.set({ name: 'b', to: 'n' }),
        demo.set({ name: 'z', to: 'n' }),
      ),
    )
  const runCut = async (demo: Demo) => {
    const made = cutPlan(demo)
    const approved = await demo.preview(made)
    return demo.run(made, { approved, approvals: [demo.agrees(approved, ['demo.cut@c'])] })
  }

  it('a failure goes back to it and no further, and says what is left to do', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    const view = await runCut(demo)
    expect(view).toMatchObject({ state: 'blocked', blocked: { reason: 'past-point-of-no-return', ids: ['demo.cut@c'] } })
    expect(view.answers).toEqual([{ id: '', answers: ['go-on', 'abandon'] }])
    expect(demo.log).toEqual(['do a', 'do c', 'do b', 'do z', 'undo b'])
    expect(demo.valueOf('a')).toBe('n')
  })

  it('a cancel is answered with what is left', async () => {
    const demo = makeDemo()
    cancelsDuring(demo, 'b')
    const view = await runCut(demo)
    expect(view.blocked?.reason).toBe('past-point-of-no-return')
    expect(view.answers).toEqual([{ id: '', answers: ['go-on', 'abandon'] }])
  })

  it('go-on finishes forward: what was undone is done again, what failed is tried again', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED', { times: 1 }))
    await runCut(demo)
    await demo.answer('go-on')
    expect((await demo.resume(cutPlan(demo))).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do c', 'do b', 'do z', 'undo b', 'do b', 'do z'])
  })

  it('go-on gives what it does again another idempotency key, and what it only repeats the same one', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED', { times: 1 }))
    await runCut(demo)
    await demo.answer('go-on')
    await demo.resume(cutPlan(demo))
    const intents = (await demo.records()).filter((record) => record.type === 'step.intended')
    const keysOf = (name: string): readonly string[] => intents.flatMap(({ id, key }) => (id === `demo.set@${name}` ? [key] : []))
    expect(keysOf('b')).toEqual(['demo-run/demo.set@b/execute', 'demo-run/demo.set@b/execute/2'])
    expect(new Set(keysOf('z')).size).toBe(1)
  })

  it('go-on leaves alone an alternative that failed and was put back', async () => {
    const demo = makeDemo()
    const { set } = demo
    demo.on('do', 'f', fails('REJECTED', { times: 1 }))
    demo.on('do', 'z', fails('REJECTED', { times: 1 }))
    const either = fallback(sequence(set({ name: 'e', to: 'n' }), set({ name: 'f', to: 'n' })), set({ name: 'g', to: 'n' }))
    const made = demo.plan(sequence(either, demo.cut({ name: 'c', to: 'n' }), set({ name: 'z', to: 'n' })))
    const approved = await demo.preview(made)
    await demo.run(made, { approved, approvals: [demo.agrees(approved, ['demo.cut@c'])], ...answersBlocks(['go-on']) })
    expect(demo.log).toEqual(['do e', 'do f', 'undo e', 'do g', 'do c', 'do z', 'do z'])
    expect([demo.valueOf('e'), demo.valueOf('f'), demo.valueOf('g')]).toEqual(['old', 'old', 'n'])
  })

  it('abandon ends the run, and says that it did not go all the way back', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    await runCut(demo)
    expect((await demo.answer('abandon')).outcome).toBe('partially-compensated')
  })

  it('that was refused nothing was crossed, and going back goes all the way', async () => {
    const demo = makeDemo()
    demo.on('do', 'c', fails('REJECTED'))
    expect((await runCut(demo)).outcome).toBe('compensated')
    expect(demo.valueOf('a')).toBe('old')
  })
})
