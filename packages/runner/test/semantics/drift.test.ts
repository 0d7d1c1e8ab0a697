import { sequence, together } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { leafOf, makeDemo, type Demo } from './demo.ts'
import { fails } from './demo-world.ts'

const two = (demo: Demo) => demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'b', to: 'n' })))

describe('a world that moved between the preview and the run', () => {
  it('is noticed before the first effect: nothing is changed, and the run ends as aborted', async () => {
    const demo = makeDemo()
    const view = await demo.run(two(demo), { between: () => demo.values.set('b', 'hotfix by hand') })
    expect(view).toMatchObject({ outcome: 'aborted', failure: { code: 'DRIFTED' } })
    expect(demo.log).toEqual([])
    expect(demo.valueOf('b')).toBe('hotfix by hand')
  })

  it('is journalled where it moved; steps that are as approved share one record', async () => {
    const demo = makeDemo()
    const names = ['a', 'b', 'c']
    await demo.run(demo.plan(together(...names.map((name) => demo.set({ name, to: 'n' })))), {
      between: () => demo.values.set('b', 'hotfix by hand'),
    })
    const looks = (await demo.records()).filter(({ type }) => type.endsWith('.surveyed'))
    expect(looks).toHaveLength(2)
    expect(looks).toContainEqual(expect.objectContaining({ type: 'step.surveyed', id: 'demo.set@b', position: 'elsewhere' }))
    expect(looks).toContainEqual(expect.objectContaining({ type: 'steps.surveyed', position: 'before', ids: ['demo.set@a', 'demo.set@c'] }))
  })

  it('is noticed even when it ends where the step would end', async () => {
    const demo = makeDemo()
    const view = await demo.run(two(demo), { between: () => demo.values.set('a', 'hotfix by hand') })
    expect(leafOf(view, 'demo.set@a')?.failure?.code).toBe('DRIFTED')
  })

  it('that cannot be seen refuses the run too', async () => {
    const demo = makeDemo()
    demo.on('probe', 'b', () => ({ at: 'unknown', detail: 'no answer' }))
    const view = await demo.run(two(demo))
    expect(view).toMatchObject({ outcome: 'aborted', failure: { code: 'BACKEND_UNAVAILABLE', canRetry: true } })
    expect(demo.log).toEqual([])
  })

  it('is looked at again after a crash, as long as nothing was changed', async () => {
    const demo = makeDemo()
    const made = two(demo)
    demo.diesAt((record) => (record.type === 'step.prepared' ? 'hang-after' : 'keep'))
    await demo.start(made)
    await demo.time.pass(1000)
    demo.kill()
    demo.values.set('b', 'hotfix by hand')
    const view = await demo.resume(made)
    expect(view.outcome).toBe('aborted')
    expect(demo.log).toEqual([])
  })

  it('after the first effect is noticed by the preparation right before the step', async () => {
    const demo = makeDemo()
    demo.on('did', 'a', () => void demo.values.set('b', 'hotfix by hand'))
    const view = await demo.run(two(demo))
    expect(view).toMatchObject({ outcome: 'compensated', failure: { code: 'DRIFTED' } })
    expect(demo.log).toEqual(['do a', 'undo a'])
    expect(demo.valueOf('b')).toBe('hotfix by hand')
  })
})

describe('a preparation right before its step', () => {
  it('is what is executed and undone, not the one of the preview', async () => {
    const demo = makeDemo()
    demo.says('a', { resource: 'shared' })
    demo.says('b', { resource: 'shared' })
    demo.on('do', 'z', fails('REJECTED'))
    const made = demo.plan(sequence(demo.set({ name: 'a', to: '1' }), demo.set({ name: 'b', to: '2' }), demo.set({ name: 'z', to: 'n' })))
    const view = await demo.run(made)
    expect(view.outcome).toBe('compensated')
    expect(demo.log).toEqual(['do a', 'do b', 'do z', 'undo b', 'undo a'])
    expect(demo.valueOf('shared')).toBe('old')
  })

  it('that would lose more than was approved refuses the step', async () => {
    const demo = makeDemo()
    demo.says('l', { loses: { what: 'orders', rows: 10, rowsAtMost: 12 } })
    const made = demo.plan(demo.lossy({ name: 'l', to: 'n' }))
    const approved = await demo.preview(made)
    demo.says('l', { loses: { what: 'orders', rows: 13, rowsAtMost: 12 } })
    const view = await demo.run(made, { approved, approvals: [demo.agrees(approved, ['demo.lossy@l'])] })
    expect(view).toMatchObject({ outcome: 'aborted', failure: { code: 'DRIFTED' } })
    expect(demo.valueOf('l')).toBe('old')
  })

  it('that loses a row more, inside what was approved, goes on', async () => {
    const demo = makeDemo()
    demo.says('l', { loses: { what: 'orders', rows: 10, rowsAtMost: 12 } })
    const made = demo.plan(demo.lossy({ name: 'l', to: 'n' }))
    const approved = await demo.preview(made)
    demo.says('l', { loses: { what: 'orders', rows: 11, rowsAtMost: 12 } })
    expect((await demo.run(made, { approved, approvals: [demo.agrees(approved, ['demo.lossy@l'])] })).outcome).toBe('succeeded')
  })

  it('may not say a worse risk than the type of the step', async () => {
    const demo = makeDemo()
    const made = demo.plan(demo.set({ name: 'a', to: 'n' }))
    const approved = await demo.preview(made)
    demo.says('a', { risk: ['data-loss'] })
    const view = await demo.run(made, { approved })
    expect(view).toMatchObject({ outcome: 'aborted', failure: { code: 'RISK_UNDERSTATED' } })
    expect(demo.log).toEqual([])
  })
})
