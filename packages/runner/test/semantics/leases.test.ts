import { gate, observe, sequence } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { answersGates, makeDemo, runId, type Demo } from './demo.ts'
import { fails, verdicts } from './demo-world.ts'

const other = { runId: 'another-run', host: 'there', pid: 7 }
const minute = 60_000

async function heldByAnother(demo: Demo, key: string, ttlMs = 60 * minute): Promise<() => Promise<void>> {
  const grant = await demo.ports.leases.acquire(key, other, ttlMs)
  if (!grant.granted) throw new Error('the lease was not free')
  return () => demo.ports.leases.release(key, grant.token)
}

const held = async (demo: Demo): Promise<readonly string[]> => (await demo.ports.leases.list()).map(({ key }) => key)

describe('leases', () => {
  it('are taken for everything that is known before the first effect, and freed at the end', async () => {
    const demo = makeDemo()
    let during: readonly string[] = []
    demo.on('do', 'a', async () => void (during = await held(demo)))
    const view = await demo.run(demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' }))))
    expect(view.outcome).toBe('succeeded')
    expect(during).toEqual(['demo:a', 'demo:b'])
    expect(await held(demo)).toEqual([])
  })

  it('are taken in sorted order, whatever the order of the plan: two runs never hold what the other one waits for', async () => {
    const demo = makeDemo()
    const taken: string[] = []
    const { leases } = demo.ports
    const acquire = leases.acquire.bind(leases)
    leases.acquire = (key, ...rest) => {
      taken.push(key)
      return acquire(key, ...rest)
    }
    const { set } = demo
    demo.says('a', { leases: ['demo:z', 'demo:b'] })
    await demo.run(demo.plan(sequence(set({ name: 'c', to: 'n' }), set({ name: 'a', to: 'n' }), set({ name: 'd', to: 'n' }))))
    expect(taken).toEqual(['demo:b', 'demo:c', 'demo:d', 'demo:z'])
  })

  it('are not held while a gate waits before the first effect', async () => {
    const demo = makeDemo()
    const view = await demo.run(demo.plan(sequence(gate.approval({ name: 'go', roles: ['dba'] }), demo.set({ name: 'a', to: 'n' }))))
    expect(view.state).toBe('waiting')
    expect(await held(demo)).toEqual([])
  })

  it('are held while the plan observes: its failure still has to go back', async () => {
    const demo = makeDemo()
    let during: readonly string[] = []
    demo.on('check', 'shop', async (count) => {
      if (count === 1) during = await held(demo)
    })
    const watch = observe({ checks: [demo.check({ name: 'shop' })], for: '1m', deadline: '5m' })
    expect((await demo.run(demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), watch)))).outcome).toBe('succeeded')
    expect(during).toEqual(['demo:a'])
  })

  it('that another run holds block before anything was changed, naming it; freed, the run goes on', async () => {
    const demo = makeDemo()
    const free = await heldByAnother(demo, 'demo:b')
    const made = demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })))
    const view = await demo.run(made)
    expect(view).toMatchObject({ state: 'blocked', blocked: { reason: 'lease-held', ids: [] } })
    expect(view.answers).toEqual([{ id: '', answers: ['retry', 'abandon'] }])
    expect((await demo.records()).find(({ type }) => type === 'lease.refused')).toMatchObject({
      key: 'demo:b',
      holder: expect.stringContaining('another-run') as string,
    })
    expect(demo.log).toEqual([])
    expect(await held(demo)).toEqual(['demo:b'])
    await free()
    await demo.answer('retry')
    expect((await demo.resume(made)).outcome).toBe('succeeded')
  })

  it('that another run holds for a moment are waited for', async () => {
    const demo = makeDemo()
    await heldByAnother(demo, 'demo:a', 4000)
    expect((await demo.run(demo.plan(demo.set({ name: 'a', to: 'n' })))).outcome).toBe('succeeded')
  })

  it('that are held elsewhere do not stand in the way of a cancel', async () => {
    const demo = makeDemo()
    await heldByAnother(demo, 'demo:a')
    const made = demo.plan(demo.set({ name: 'a', to: 'n' }))
    await demo.run(made)
    await demo.runner().cancel(runId, { actor: { id: 'ana' }, reason: 'no more' })
    expect((await demo.resume(made)).outcome).toBe('aborted')
  })
})

describe('the lease of a step that is known late', () => {
  const latePlan = (demo: Demo) => {
    const a = demo.set({ name: 'a', to: 'n' })
    return demo.plan(sequence(a, demo.set({ name: 'late', to: a.output.value }), demo.set({ name: 'z', to: 'n' })))
  }

  it('is tried for a bounded time, then a person is asked: the run never waits for a lease while it holds others', async () => {
    const demo = makeDemo()
    const free = await heldByAnother(demo, 'demo:late')
    const made = latePlan(demo)
    const from = demo.time.now()
    const view = await demo.run(made)
    expect(view).toMatchObject({ state: 'blocked', blocked: { reason: 'lease-held', ids: ['demo.set@late'] } })
    expect(demo.time.now() - from).toBeLessThan(2 * minute)
    expect(view.answers).toEqual([
      { id: 'demo.set@late', answers: ['retry', 'skip'] },
      { id: '', answers: ['compensate', 'abandon'] },
    ])
    await free()
    await demo.answer('retry', 'demo.set@late')
    expect((await demo.resume(made)).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do late', 'do z'])
  })

  it('is taken again first on resume, so that its undo is not fenced off', async () => {
    const demo = makeDemo()
    demo.diesAt((record) => (record.type === 'step.intended' && record.id === 'demo.set@z' ? 'hang-after' : 'keep'))
    const made = latePlan(demo)
    await demo.start(made)
    await demo.time.pass(minute)
    demo.kill()
    demo.on('prepare', 'z', fails('REJECTED'))
    demo.on('do', 'z', fails('REJECTED'))
    let atUndo: readonly string[] = []
    demo.on('undo', 'late', async () => void (atUndo = await held(demo)))
    const view = await demo.resume(made)
    expect(view.outcome).toBe('compensated')
    expect(atUndo).toEqual(['demo:a', 'demo:late', 'demo:z'])
  })
})

describe('a lease that was lost', () => {
  it('stops every write, blocks, and the next process goes on where it was', async () => {
    const demo = makeDemo()
    demo.on('did', 'a', async (count) => {
      if (count > 1) return
      const [mine] = (await demo.ports.leases.list()).filter(({ key }) => key === 'demo:b')
      const taken = await demo.ports.leases.takeOver('demo:b', other, minute, mine!.token)
      expect(taken.granted).toBe(true)
      await demo.time.pass(15_000)
    })
    const made = demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })))
    const view = await demo.run(made)
    expect(view).toMatchObject({ state: 'blocked', blocked: { reason: 'lease-lost' } })
    expect(view.answers).toEqual([{ id: '', answers: ['retry', 'abandon'] }])
    expect(demo.valueOf('b')).toBe('old')
    await demo.time.pass(2 * minute)
    await demo.answer('retry')
    expect((await demo.resume(made)).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do b'])
  })
})

describe('a lease and people', () => {
  it('is kept while the run waits at a gate after its first effect', async () => {
    const demo = makeDemo()
    const made = demo.plan(
      sequence(demo.set({ name: 'a', to: 'n' }), gate.approval({ name: 'go', roles: ['dba'] }), demo.set({ name: 'b', to: 'n' })),
    )
    expect((await demo.run(made)).state).toBe('waiting')
    expect(await held(demo)).toEqual(['demo:a', 'demo:b'])
    expect((await demo.resume(made, answersGates('approved'))).outcome).toBe('succeeded')
  })

  it('is kept while the run is blocked', async () => {
    const demo = makeDemo()
    demo.on('verify', 'a', () => verdicts.unhealthy)
    await demo.run(demo.plan(demo.set({ name: 'a', to: 'n' }), 'halt'))
    expect(await held(demo)).toEqual(['demo:a'])
  })
})
