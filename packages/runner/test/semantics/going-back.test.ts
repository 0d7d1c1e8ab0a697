import { during, fallback, optional, sequence, together, when, is } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { answersBlocks, leafOf, makeDemo } from './demo.ts'
import { fails } from './demo-world.ts'

describe('going back', () => {
  it('undoes in the reverse order of what ran, and leaves alone what did not run', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    const { set } = demo
    const view = await demo.run(
      demo.plan(
        sequence(set({ name: 'a', to: 'n' }), set({ name: 'b', to: 'n' }), set({ name: 'z', to: 'n' }), set({ name: 'y', to: 'n' })),
      ),
    )
    expect(view).toMatchObject({ outcome: 'compensated', why: 'failed', failure: { code: 'REJECTED' } })
    expect(demo.log).toEqual(['do a', 'do b', 'do z', 'undo b', 'undo a'])
  })

  it('believes an undo only when a look shows what was there before', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    demo.on('undid', 'a', (count) => (count < 3 ? void demo.values.set('a', 'n') : undefined))
    const view = await demo.run(demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'z', to: 'n' }))))
    expect(view.outcome).toBe('compensated')
    expect(demo.countOf('undo', 'a')).toBe(3)
  })

  it('gives the undo the same limit as the effect, then asks', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    demo.on('undo', 'a', fails('TIMED_OUT'))
    const view = await demo.run(demo.plan(sequence(demo.set({ name: 'a', to: 'n' }, { attempts: 2 }), demo.set({ name: 'z', to: 'n' }))))
    expect(view).toMatchObject({ state: 'blocked', blocked: { reason: 'undo-failed', ids: ['demo.set@a'] } })
    expect(demo.countOf('undo', 'a')).toBe(2)
  })

  it('stops instead of overwriting what somebody else changed since', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', () => {
      demo.values.set('a', 'hotfix by hand')
      fails('REJECTED')(1)
    })
    const view = await demo.run(demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'z', to: 'n' }))))
    expect(view).toMatchObject({ state: 'blocked', blocked: { reason: 'undo-failed' }, failure: { code: 'DRIFTED' } })
    expect(demo.valueOf('a')).toBe('hotfix by hand')
    expect(demo.log).not.toContain('undo a')
  })

  it('undoes nothing that is back already', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', () => {
      demo.values.set('a', 'old')
      fails('REJECTED')(1)
    })
    const view = await demo.run(demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'z', to: 'n' }))))
    expect(view.outcome).toBe('compensated')
    expect(demo.log).not.toContain('undo a')
  })

  it('a failed undo stops what came before it, not its neighbours', async () => {
    const demo = makeDemo()
    const { set } = demo
    demo.on('do', 'z', fails('REJECTED'))
    demo.on('undo', 'b', fails('REJECTED'))
    const beside = together(set({ name: 'b', to: 'n' }), set({ name: 'c', to: 'n' }))
    const view = await demo.run(demo.plan(sequence(set({ name: 'a', to: 'n' }), beside, set({ name: 'z', to: 'n' }))))
    expect(view.blocked).toEqual({ reason: 'undo-failed', ids: ['demo.set@b'] })
    expect([demo.valueOf('a'), demo.valueOf('b'), demo.valueOf('c')]).toEqual(['n', 'n', 'old'])
  })

  it('says what an undo could not put back', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    demo.on('undid', 'a', () => [{ what: 'one row', why: 'deleted since' }])
    const view = await demo.run(demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'z', to: 'n' }))))
    expect(view.outcome).toBe('compensated')
    expect(leafOf(view, 'demo.set@a')?.notRestored).toEqual([{ what: 'one row', why: 'deleted since' }])
  })

  it('ends as aborted when nothing was changed', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', fails('REJECTED'))
    const view = await demo.run(demo.plan(demo.set({ name: 'a', to: 'n' }), 'halt'))
    expect(view.outcome).toBe('aborted')
  })
})

describe('going back over what loses data', () => {
  const loses = { undo: { risk: 'data-loss', loses: 'orders since the swap' } } as const

  it('asks first', async () => {
    const demo = makeDemo()
    demo.says('a', loses)
    demo.on('do', 'z', fails('REJECTED'))
    const view = await demo.run(demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'z', to: 'n' }))))
    expect(view).toMatchObject({ state: 'blocked', blocked: { reason: 'undo-loses-data', ids: ['demo.set@a'] } })
    expect(view.answers).toContainEqual({ id: 'demo.set@a', answers: ['compensate', 'skip'] })
    expect(demo.log).not.toContain('undo a')
  })

  it('goes back once a person said compensate', async () => {
    const demo = makeDemo()
    demo.says('a', loses)
    demo.on('do', 'z', fails('REJECTED'))
    const made = demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'z', to: 'n' })))
    const view = await demo.run(made, answersBlocks(['compensate', 'demo.set@a']))
    expect(view.outcome).toBe('compensated')
    expect(demo.valueOf('a')).toBe('old')
  })

  it('leaves it standing and says so when a person said skip', async () => {
    const demo = makeDemo()
    demo.says('b', loses)
    demo.on('do', 'z', fails('REJECTED'))
    const made = demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' }), demo.set({ name: 'z', to: 'n' })))
    const view = await demo.run(made, answersBlocks(['skip', 'demo.set@b']))
    expect(view.outcome).toBe('partially-compensated')
    expect(leafOf(view, 'demo.set@b')).toMatchObject({ standing: true })
    expect([demo.valueOf('a'), demo.valueOf('b')]).toEqual(['old', 'n'])
  })

  it('does not ask inside a scope that stops writers', async () => {
    const demo = makeDemo()
    demo.says('a', loses)
    demo.on('do', 'z', fails('REJECTED'))
    const body = sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'z', to: 'n' }))
    const view = await demo.run(demo.plan(during(demo.scope({ name: 'm', to: 'on' }), body)))
    expect(view.outcome).toBe('compensated')
    expect(demo.log).toEqual(['do m', 'do a', 'do z', 'undo a', 'undo m'])
  })

  it('does not ask either when the scope is entered again on the way back', async () => {
    const demo = makeDemo()
    demo.says('a', loses)
    demo.on('do', 'z', fails('REJECTED'))
    const view = await demo.run(
      demo.plan(sequence(during(demo.scope({ name: 'm', to: 'on' }), demo.set({ name: 'a', to: 'n' })), demo.set({ name: 'z', to: 'n' }))),
    )
    expect(view.outcome).toBe('compensated')
    expect(demo.log).toEqual(['do m', 'do a', 'undo m', 'do z', 'do m', 'undo a', 'undo m'])
  })

  it('asks when only an alternative is put back, and goes on with the next one afterwards', async () => {
    const demo = makeDemo()
    demo.says('a', loses)
    demo.on('do', 'z', fails('REJECTED'))
    const made = demo.plan(
      fallback(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'z', to: 'n' })), demo.set({ name: 'c', to: 'n' })),
    )
    const blocked = await demo.run(made)
    expect(blocked.blocked).toEqual({ reason: 'undo-loses-data', ids: ['demo.set@a'] })
    await demo.answer('compensate', 'demo.set@a')
    expect((await demo.resume(made)).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do z', 'undo a', 'do c'])
  })
})

describe('a scope', () => {
  it('is left on success', async () => {
    const demo = makeDemo()
    const view = await demo.run(demo.plan(during(demo.scope({ name: 'm', to: 'on' }), demo.set({ name: 'a', to: 'n' }))))
    expect(view.outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do m', 'do a', 'undo m'])
  })

  it('stays entered while its body is halted', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', fails('REJECTED'))
    const view = await demo.run(demo.plan(during(demo.scope({ name: 'm', to: 'on' }), demo.set({ name: 'a', to: 'n' })), 'halt'))
    expect(view.blocked).toEqual({ reason: 'step-failed', ids: ['demo.set@a'] })
    expect(demo.valueOf('m')).toBe('on')
  })

  it('inside a scope is left before it, entered again after it', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    const inner = during(demo.scope({ name: 'inner', to: 'on' }), demo.set({ name: 'a', to: 'n' }))
    const view = await demo.run(
      demo.plan(sequence(during(demo.scope({ name: 'outer', to: 'on' }), inner), demo.set({ name: 'z', to: 'n' }))),
    )
    expect(view.outcome).toBe('compensated')
    const forth = ['do outer', 'do inner', 'do a', 'undo inner', 'undo outer', 'do z']
    expect(demo.log).toEqual([...forth, 'do outer', 'do inner', 'undo a', 'undo inner', 'undo outer'])
  })

  it('that was entered before us is not left by us', async () => {
    const demo = makeDemo()
    demo.values.set('m', 'on')
    const view = await demo.run(demo.plan(during(demo.scope({ name: 'm', to: 'on' }), demo.set({ name: 'a', to: 'n' }))))
    expect(view.outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a'])
    expect(demo.valueOf('m')).toBe('on')
  })

  it('that was entered before us is not left on the way back either', async () => {
    const demo = makeDemo()
    demo.values.set('m', 'on')
    demo.on('do', 'z', fails('REJECTED'))
    const view = await demo.run(
      demo.plan(sequence(during(demo.scope({ name: 'm', to: 'on' }), demo.set({ name: 'a', to: 'n' })), demo.set({ name: 'z', to: 'n' }))),
    )
    expect(view.outcome).toBe('compensated')
    expect(demo.log).toEqual(['do a', 'do z', 'undo a'])
  })

  it('whose leaving lost its answer is looked at, not left twice', async () => {
    const demo = makeDemo()
    demo.on('undid', 'm', fails('TIMED_OUT', { times: 1 }))
    const view = await demo.run(demo.plan(during(demo.scope({ name: 'm', to: 'on' }), demo.set({ name: 'a', to: 'n' }))))
    expect(view.outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do m', 'do a', 'undo m'])
  })
})

describe('a step whose target is reached already', () => {
  it('is verified, never executed, never undone', async () => {
    const demo = makeDemo()
    demo.values.set('a', 'n')
    demo.on('do', 'z', fails('REJECTED'))
    const view = await demo.run(
      demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' }), demo.set({ name: 'z', to: 'n' }))),
    )
    expect(view.outcome).toBe('compensated')
    expect(demo.log).toEqual(['do b', 'do z', 'undo b'])
    expect(demo.countOf('verify', 'a')).toBe(1)
    expect(leafOf(view, 'demo.set@a')).toMatchObject({ unchanged: true, touched: false })
  })

  it('hands on its output all the same', async () => {
    const demo = makeDemo()
    demo.values.set('a', 'n')
    const a = demo.set({ name: 'a', to: 'n' })
    const view = await demo.run(demo.plan(sequence(a, demo.set({ name: 'b', to: a.output.value }))))
    expect(view.outcome).toBe('succeeded')
    expect(demo.valueOf('b')).toBe('n')
  })
})

describe('an optional part', () => {
  it('is all or nothing: put back when it fails, and the plan goes on', async () => {
    const demo = makeDemo()
    demo.on('do', 'b', fails('REJECTED'))
    const part = optional(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })))
    const view = await demo.run(demo.plan(sequence(part, demo.set({ name: 'c', to: 'n' }))))
    expect(view.outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do b', 'undo a', 'do c'])
  })

  it('whose undo fails blocks: half of it never stays without a person', async () => {
    const demo = makeDemo()
    demo.on('do', 'b', fails('REJECTED'))
    demo.on('undo', 'a', fails('REJECTED'))
    const part = optional(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })))
    const view = await demo.run(demo.plan(sequence(part, demo.set({ name: 'c', to: 'n' }))))
    expect(view.blocked).toEqual({ reason: 'undo-failed', ids: ['demo.set@a'] })
    expect(view.answers).toEqual([
      { id: 'demo.set@a', answers: ['retry', 'skip'] },
      { id: '', answers: ['compensate', 'abandon'] },
    ])
  })
})

describe('an answer to a part that goes back while the run goes forward', () => {
  it('skip leaves the effect standing, and the run goes on behind the part', async () => {
    const demo = makeDemo()
    demo.on('do', 'b', fails('REJECTED'))
    demo.on('undo', 'a', fails('REJECTED'))
    const part = optional(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })))
    const made = demo.plan(sequence(part, demo.set({ name: 'c', to: 'n' })))
    const view = await demo.run(made, answersBlocks(['skip', 'demo.set@a']))
    expect(view.outcome).toBe('succeeded')
    expect(leafOf(view, 'demo.set@a')).toMatchObject({ standing: true, touched: true })
    expect([demo.valueOf('a'), demo.valueOf('c')]).toEqual(['n', 'n'])
  })
})

describe('an alternative', () => {
  it('starts only when the failed one before it is proven undone', async () => {
    const demo = makeDemo()
    demo.on('do', 'b', fails('REJECTED'))
    const made = demo.plan(
      fallback(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })), demo.set({ name: 'c', to: 'n' })),
    )
    const view = await demo.run(made)
    expect(view.outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do b', 'undo a', 'do c'])
    expect([demo.valueOf('a'), demo.valueOf('c')]).toEqual(['old', 'n'])
  })

  it('does not start while the failed one is in doubt', async () => {
    const demo = makeDemo()
    demo.on('did', 'a', fails('TIMED_OUT'))
    demo.on('probe', 'a', (count) => (count > 1 ? { at: 'unknown', detail: 'no answer' } : undefined))
    const view = await demo.run(demo.plan(fallback(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'c', to: 'n' }))))
    expect(view.blocked).toEqual({ reason: 'in-doubt', ids: ['demo.set@a'] })
    expect(demo.log).toEqual(['do a'])
  })

  it('does not start past a point of no return', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    const made = demo.plan(
      fallback(sequence(demo.cut({ name: 'c', to: 'n' }), demo.set({ name: 'z', to: 'n' })), demo.set({ name: 'd', to: 'n' })),
    )
    const approved = await demo.preview(made)
    const view = await demo.run(made, { approved, approvals: [demo.agrees(approved, ['demo.cut@c'])] })
    expect(view.state).toBe('blocked')
    expect(demo.valueOf('d')).toBe('old')
  })

  it('is not retried step by step while it is being put back', async () => {
    const demo = makeDemo()
    demo.on('do', 'b', fails('REJECTED', { times: 1 }))
    demo.on('undo', 'a', fails('REJECTED', { times: 1 }))
    const made = demo.plan(
      fallback(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })), demo.set({ name: 'c', to: 'n' })),
    )
    const blocked = await demo.run(made)
    expect(blocked.answers.map(({ id }) => id)).toEqual(['demo.set@a', ''])
    await expect(demo.answer('retry', 'demo.set@b')).rejects.toMatchObject({ code: 'ANSWER_REFUSED' })
    await demo.answer('retry', 'demo.set@a')
    expect((await demo.resume(made)).outcome).toBe('succeeded')
    expect([demo.valueOf('a'), demo.valueOf('b'), demo.valueOf('c')]).toEqual(['old', 'old', 'n'])
  })
})

describe('a condition', () => {
  it('on the output of a step decides when that is known', async () => {
    const demo = makeDemo()
    const a = demo.set({ name: 'a', to: 'n' })
    const view = await demo.run(
      demo.plan(sequence(a, when(is(a.output.value, 'n'), demo.set({ name: 'yes', to: 'n' }), demo.set({ name: 'no', to: 'n' })))),
    )
    expect(view.outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do yes'])
  })

  it('that does not hold does nothing', async () => {
    const demo = makeDemo()
    const a = demo.set({ name: 'a', to: 'n' })
    const view = await demo.run(demo.plan(sequence(a, when(is(a.output.value, 'other'), demo.set({ name: 'yes', to: 'n' })))))
    expect(view.outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a'])
  })
})

describe('a scope and undos that lose data', () => {
  it('that others had entered before does not shelter: they may leave it at any time', async () => {
    const demo = makeDemo()
    demo.values.set('m', 'on')
    demo.says('a', { undo: { risk: 'data-loss' } })
    demo.on('do', 'z', fails('REJECTED'))
    const body = sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'z', to: 'n' }))
    const view = await demo.run(demo.plan(during(demo.scope({ name: 'm', to: 'on' }), body)))
    expect(view.blocked).toEqual({ reason: 'undo-loses-data', ids: ['demo.set@a'] })
  })

  it('whose own undo loses data is entered again without asking', async () => {
    const demo = makeDemo()
    demo.says('m', { undo: { risk: 'data-loss' } })
    demo.on('do', 'z', fails('REJECTED'))
    const made = demo.plan(
      sequence(during(demo.scope({ name: 'm', to: 'on' }), demo.set({ name: 'a', to: 'n' })), demo.set({ name: 'z', to: 'n' })),
    )
    const view = await demo.run(made)
    expect(view.blocked).toEqual({ reason: 'undo-loses-data', ids: ['demo.scope@m'] })
    expect(demo.log).toEqual(['do m', 'do a', 'undo m', 'do z', 'do m', 'undo a'])
  })
})
