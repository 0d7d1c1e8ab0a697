import { forEach, gate, named, onFailure, route, sequence, together, togetherAtMost } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { answersGates, makeDemo } from './demo.ts'
import { fails } from './demo-world.ts'

describe('steps beside each other', () => {
  it('start nothing new after a failure in one of them, and finish what runs', async () => {
    const demo = makeDemo()
    const { set } = demo
    demo.on('do', 'z', fails('REJECTED'))
    demo.on('do', 'a', async () => demo.time.pass(60_000))
    const view = await demo.run(
      demo.plan(together(sequence(set({ name: 'a', to: 'n' }), set({ name: 'b', to: 'n' })), set({ name: 'z', to: 'n' }))),
    )
    expect(view.outcome).toBe('compensated')
    expect(demo.log).toEqual(['do a', 'do z', 'undo a'])
  })

  it('go back beside each other', async () => {
    const demo = makeDemo()
    const { set } = demo
    demo.on('do', 'z', fails('REJECTED'))
    demo.on('undo', 'a', async () => demo.time.pass(60_000))
    const beside = together(sequence(set({ name: 'a1', to: 'n' }), set({ name: 'a', to: 'n' })), set({ name: 'b', to: 'n' }))
    await demo.run(demo.plan(sequence(beside, set({ name: 'z', to: 'n' }))))
    expect(demo.log.slice(-3)).toEqual(['undo a', 'undo b', 'undo a1'])
  })

  it('are as many at a time as the plan says, in the order given', async () => {
    const demo = makeDemo()
    let running = 0
    let most = 0
    const names = ['a', 'b', 'c', 'd', 'e']
    for (const name of names) {
      demo.on('do', name, async () => {
        most = Math.max(most, ++running)
        await demo.time.pass(1000)
        running--
      })
    }
    const view = await demo.run(demo.plan(togetherAtMost(2, ...names.map((name) => demo.set({ name, to: 'n' })))))
    expect(view.outcome).toBe('succeeded')
    expect(most).toBe(2)
    expect(demo.log).toEqual(names.map((name) => `do ${name}`))
  })
})

describe('a list from a query', () => {
  it('is expanded once and sealed: a resume does not ask again', async () => {
    const demo = makeDemo()
    const build = () => {
      const found = demo.names({ of: 'shop' })
      const each = forEach(found.output.names, (name) => demo.set({ name, to: 'n' }))
      return demo.plan(sequence(each, gate.approval({ name: 'go', roles: ['dba'] }), demo.set({ name: 'last', to: 'n' })))
    }
    const view = await demo.run(build())
    expect(view.state).toBe('waiting')
    demo.on('query', 'shop', () => ['x', 'y', 'z'])
    expect((await demo.resume(build(), answersGates('approved'))).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do x', 'do y', 'do last'])
    expect(demo.valueOf('z')).toBe('old')
  })

  it('is asked once per preview, also when several parts use it', async () => {
    const demo = makeDemo()
    const found = demo.names({ of: 'shop' })
    const made = demo.plan(
      sequence(
        demo.set({ name: 'a', to: found.output.first }),
        forEach(found.output.names, (name) => demo.set({ name: `${name}2`, to: 'n' })),
      ),
    )
    await demo.runner().preview(made)
    expect(demo.log).toEqual(['query shop'])
  })
})

describe('a route', () => {
  it('takes the branch that a person chose, and only that', async () => {
    const demo = makeDemo()
    const decision = gate.decision({ name: 'way', role: 'dba', options: ['back', 'forward'], timeBox: '5m', onTimeout: 'escalate' })
    const branches = { back: demo.set({ name: 'back', to: 'n' }), forward: demo.set({ name: 'forward', to: 'n' }) }
    const view = await demo.run(demo.plan(sequence(decision, route(decision.output.answer, branches))), answersGates('forward'))
    expect(view.outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do forward'])
  })
})

describe('a part with a policy of its own', () => {
  it('that compensates is put back before the failure goes upwards', async () => {
    const demo = makeDemo()
    const { set } = demo
    demo.on('do', 'c', fails('REJECTED'))
    const part = onFailure('compensate', sequence(set({ name: 'b', to: 'n' }), set({ name: 'c', to: 'n' })))
    const view = await demo.run(demo.plan(sequence(set({ name: 'a', to: 'n' }), part), 'halt'))
    expect(view.blocked?.reason).toBe('step-failed')
    expect(demo.log).toEqual(['do a', 'do b', 'do c', 'undo b'])
    expect(view.answers).toEqual([{ id: '', answers: ['go-on', 'compensate', 'abandon'] }])
  })

  it('that was put back is tried again as a whole', async () => {
    const demo = makeDemo()
    const { set } = demo
    demo.on('do', 'c', fails('REJECTED', { times: 1 }))
    const made = demo.plan(
      sequence(set({ name: 'a', to: 'n' }), onFailure('compensate', sequence(set({ name: 'b', to: 'n' }), set({ name: 'c', to: 'n' })))),
      'halt',
    )
    await demo.run(made)
    await demo.answer('go-on')
    expect((await demo.resume(made)).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do b', 'do c', 'undo b', 'do b', 'do c'])
  })

  it('that halts stops there, although the plan around it would go back', async () => {
    const demo = makeDemo()
    demo.on('do', 'b', fails('REJECTED'))
    const view = await demo.run(demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), onFailure('halt', demo.set({ name: 'b', to: 'n' })))))
    expect(view.blocked).toEqual({ reason: 'step-failed', ids: ['demo.set@b'] })
    expect(demo.valueOf('a')).toBe('n')
  })

  it('has ids of its own', async () => {
    const demo = makeDemo()
    const view = await demo.run(
      demo.plan(sequence(named('east', demo.set({ name: 'a', to: 'n' })), named('west', demo.set({ name: 'a', to: 'm' })))),
    )
    expect(view.leaves.map(({ id }) => id)).toEqual(['east/demo.set@a', 'west/demo.set@a'])
    expect(demo.valueOf('a')).toBe('m')
  })
})
