import { sequence } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { answersBlocks, leafOf, makeDemo, type Demo } from './demo.ts'
import { failure, fails, verdicts } from './demo-world.ts'

const oneStep = (demo: Demo, settings = {}) => demo.plan(demo.set({ name: 'a', to: 'n' }, settings))
const unseen = { at: 'unknown', detail: 'no answer' } as const

describe('an effect whose answer was lost', () => {
  it('is looked for and not made again', async () => {
    const demo = makeDemo()
    demo.on('did', 'a', fails('TIMED_OUT', { times: 1 }))
    const view = await demo.run(oneStep(demo))
    expect(view.outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a'])
  })

  it('is made again when a look shows that it never happened', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', fails('TIMED_OUT', { times: 1 }))
    expect((await demo.run(oneStep(demo))).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do a'])
  })

  it('is in doubt after any other throw too, a defect of the step included', async () => {
    const demo = makeDemo()
    demo.on('did', 'a', (count) => {
      if (count === 1) throw new TypeError('a defect')
    })
    expect((await demo.run(oneStep(demo))).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a'])
  })

  it('is asked about again while it cannot be seen, and never made again meanwhile', async () => {
    const demo = makeDemo()
    demo.on('did', 'a', fails('TIMED_OUT', { times: 1 }))
    // The first look is the last one before the first effect.
    demo.on('probe', 'a', (count) => (count > 1 && count < 6 ? unseen : undefined))
    expect((await demo.run(oneStep(demo))).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a'])
    expect(demo.countOf('probe', 'a')).toBe(6)
  })

  it('may arrive after a person said that it is not there: a refusal then is no proof that nothing stands', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', (count) => {
      if (count === 1) throw failure('TIMED_OUT')
      demo.values.set('a', 'n')
      throw failure('REJECTED', { effect: 'none' })
    })
    demo.on('probe', 'a', (count) => (count > 1 && demo.countOf('do', 'a') < 2 ? unseen : undefined))
    const made = oneStep(demo, { timeout: '10s' })
    await demo.run(made)
    await demo.answer('not-applied', 'demo.set@a')
    const view = await demo.resume(made)
    expect(view.outcome).toBe('succeeded')
    expect(leafOf(view, 'demo.set@a')).toMatchObject({ touched: true })
  })

  it('blocks for a person when it cannot be seen within the time of the step', async () => {
    const demo = makeDemo()
    demo.on('did', 'a', fails('TIMED_OUT'))
    demo.on('probe', 'a', (count) => (count > 1 ? unseen : undefined))
    const view = await demo.run(oneStep(demo, { timeout: '10s' }))
    expect(view).toMatchObject({
      state: 'blocked',
      blocked: { reason: 'in-doubt', ids: ['demo.set@a'] },
      failure: { code: 'OUTCOME_UNKNOWN' },
    })
    expect(view.answers).toEqual([
      { id: 'demo.set@a', answers: ['retry', 'applied', 'not-applied', 'skip'] },
      { id: '', answers: ['compensate', 'abandon'] },
    ])
    expect(demo.log).toEqual(['do a'])
  })

  it('that landed late is found by a later look', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', (count) => {
      if (count === 1) throw failure('TIMED_OUT')
    })
    demo.on('probe', 'a', (count) => {
      if (count < 2) return undefined
      if (count === 4) demo.values.set('a', 'n')
      return count < 4 ? unseen : undefined
    })
    expect((await demo.run(oneStep(demo))).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a'])
  })

  it('is not taken for ours when somebody else changed the target meanwhile', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', () => {
      demo.values.set('a', 'hotfix by hand')
      throw failure('TIMED_OUT')
    })
    const view = await demo.run(oneStep(demo))
    expect(view).toMatchObject({ blocked: { reason: 'in-doubt' }, failure: { code: 'DRIFTED' } })
    expect(demo.valueOf('a')).toBe('hotfix by hand')
  })
})

describe('a refusal', () => {
  it('does not clear the doubt of an earlier attempt', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', (count) => {
      if (count === 1) throw failure('TIMED_OUT')
      demo.values.set('a', 'n') // the first attempt lands while the second is refused
      throw failure('REJECTED')
    })
    const view = await demo.run(sequenceThenFail(demo))
    expect(view.outcome).toBe('compensated')
    expect(demo.log).toEqual(['do a', 'do a', 'do z', 'undo a'])
    expect(demo.valueOf('a')).toBe('old')
  })

  it('does not clear a half of an earlier attempt', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', (count) => {
      if (count === 1) demo.values.set('a', 'half')
      throw failure(count === 1 ? 'TIMED_OUT' : 'REJECTED')
    })
    const view = await demo.run(oneStep(demo))
    expect(view.blocked).toEqual({ reason: 'in-doubt', ids: ['demo.set@a'] })
    expect(leafOf(view, 'demo.set@a')?.touched).toBe(true)
  })

  it('fails the step when nothing is in doubt, and nothing was changed', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', fails('REJECTED'))
    const view = await demo.run(oneStep(demo))
    expect(view).toMatchObject({ outcome: 'aborted', failure: { code: 'REJECTED' } })
    expect(demo.log).toEqual(['do a'])
  })

  it('that may be retried is tried again with growing pauses, as often as the step allows', async () => {
    const demo = makeDemo()
    const times: number[] = []
    demo.on('do', 'a', () => {
      times.push(demo.time.now())
      throw failure('RATE_LIMITED')
    })
    expect((await demo.run(oneStep(demo, { attempts: 4 }))).outcome).toBe('aborted')
    const pauses = times.slice(1).map((time, index) => time - (times[index] as number))
    expect(times).toHaveLength(4)
    expect(pauses).toEqual(pauses.toSorted((one, other) => one - other))
    expect(pauses[0]).toBeGreaterThanOrEqual(1000)
  })

  it('says by itself whether it had an effect, whatever its code', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', fails('BACKEND_UNAVAILABLE', { effect: 'none', canRetry: false }))
    expect((await demo.run(oneStep(demo))).outcome).toBe('aborted')
    expect(demo.countOf('probe', 'a')).toBe(1)
  })
})

function sequenceThenFail(demo: Demo) {
  demo.on('do', 'z', fails('REJECTED'))
  return demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'z', to: 'n' })))
}

describe('an effect that was made by half', () => {
  it('is made again by a step that may be repeated', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', (count) => {
      if (count > 1) return
      demo.values.set('a', 'half')
      throw failure('TIMED_OUT')
    })
    expect((await demo.run(oneStep(demo))).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do a'])
  })

  it('is never made again by a step that may not: a person is asked', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', () => {
      demo.values.set('a', 'half')
      throw failure('TIMED_OUT')
    })
    const view = await demo.run(demo.plan(demo.once({ name: 'a', to: 'n' })))
    expect(view.blocked).toEqual({ reason: 'in-doubt', ids: ['demo.once@a'] })
    expect(demo.log).toEqual(['do a'])
  })

  it('is never made again when the preparation says worse than the step', async () => {
    const demo = makeDemo()
    demo.says('a', { idempotency: 'none' })
    demo.on('do', 'a', () => {
      demo.values.set('a', 'half')
      throw failure('TIMED_OUT')
    })
    expect((await demo.run(oneStep(demo))).blocked?.reason).toBe('in-doubt')
    expect(demo.log).toEqual(['do a'])
  })

  it('is undone on the way back', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', () => {
      demo.values.set('a', 'half')
      throw failure('TIMED_OUT')
    })
    const made = demo.plan(demo.once({ name: 'a', to: 'n' }))
    expect((await demo.run(made)).blocked?.reason).toBe('in-doubt')
    await demo.answer('compensate')
    const view = await demo.resume(made, answersBlocks(['skip', 'demo.once@a']))
    expect(view.outcome).toBe('partially-compensated')
  })
})

describe('an undo whose answer was lost', () => {
  it('is looked for and not done again', async () => {
    const demo = makeDemo()
    demo.on('undid', 'a', fails('TIMED_OUT', { times: 1 }))
    const view = await demo.run(sequenceThenFail(demo))
    expect(view.outcome).toBe('compensated')
    expect(demo.log).toEqual(['do a', 'do z', 'undo a'])
  })

  it('is done again when a look shows that it never happened', async () => {
    const demo = makeDemo()
    demo.on('undo', 'a', fails('TIMED_OUT', { times: 1 }))
    expect((await demo.run(sequenceThenFail(demo))).outcome).toBe('compensated')
    expect(demo.log).toEqual(['do a', 'do z', 'undo a', 'undo a'])
  })

  it('is asked about again while it cannot be seen, and blocks at last', async () => {
    const demo = makeDemo()
    demo.on('undid', 'a', fails('TIMED_OUT'))
    demo.on('probe', 'a', () => (demo.countOf('undo', 'a') > 0 ? unseen : undefined))
    const view = await demo.run(sequenceThenFail(demo))
    expect(view.blocked).toEqual({ reason: 'undo-failed', ids: ['demo.set@a'] })
    expect(demo.log).toEqual(['do a', 'do z', 'undo a'])
  })
})

describe('a read that fails', () => {
  it('is repeated: prepare', async () => {
    const demo = makeDemo()
    const made = oneStep(demo)
    const approved = await demo.preview(made)
    demo.on('prepare', 'a', (count) => {
      if (count < 4) throw failure('BACKEND_UNAVAILABLE')
    })
    expect((await demo.run(made, { approved })).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a'])
  })

  it('is repeated: probe', async () => {
    const demo = makeDemo()
    demo.on('probe', 'a', fails('BACKEND_UNAVAILABLE', { times: 3 }))
    expect((await demo.run(oneStep(demo))).outcome).toBe('succeeded')
  })

  it('is repeated: verify', async () => {
    const demo = makeDemo()
    demo.on('verify', 'a', fails('BACKEND_UNAVAILABLE', { times: 3 }))
    expect((await demo.run(oneStep(demo))).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a'])
  })

  it('never had an effect, whatever its error says: prepare fails the step, and nothing was changed', async () => {
    const demo = makeDemo()
    const made = oneStep(demo)
    const approved = await demo.preview(made)
    demo.on('prepare', 'a', (count) => {
      if (count > 1) throw failure('INTERNAL')
    })
    const view = await demo.run(made, { approved })
    expect(view).toMatchObject({ outcome: 'aborted', failure: { code: 'INTERNAL', effect: 'none' } })
  })

  it('for its whole time blocks for a person: a verification without data is no failure', async () => {
    const demo = makeDemo()
    demo.on('verify', 'a', fails('BACKEND_UNAVAILABLE'))
    const view = await demo.run(oneStep(demo, { timeout: '10s' }))
    expect(view).toMatchObject({ state: 'blocked', blocked: { reason: 'no-data', ids: ['demo.set@a'] } })
    expect(demo.valueOf('a')).toBe('n')
  })
})

describe('a verification', () => {
  it('that is on its way is repeated until it is healthy', async () => {
    const demo = makeDemo()
    demo.on('verify', 'a', (count) => (count < 5 ? verdicts.progressing : undefined))
    expect((await demo.run(oneStep(demo))).outcome).toBe('succeeded')
    expect(demo.countOf('verify', 'a')).toBe(5)
  })

  it('that is on its way for the whole time of the step counts as unhealthy', async () => {
    const demo = makeDemo()
    demo.on('verify', 'a', () => verdicts.progressing)
    const view = await demo.run(oneStep(demo, { timeout: '1m' }))
    expect(view).toMatchObject({ outcome: 'compensated', failure: { code: 'UNHEALTHY' } })
    expect(demo.log).toEqual(['do a', 'undo a'])
  })

  it('that is unhealthy fails the step, and its effect is undone', async () => {
    const demo = makeDemo()
    demo.on('verify', 'a', () => verdicts.unhealthy)
    const view = await demo.run(oneStep(demo))
    expect(view).toMatchObject({ outcome: 'compensated', failure: { code: 'UNHEALTHY' } })
    expect(demo.log).toEqual(['do a', 'undo a'])
  })

  it('without data does not stand in the way of going back', async () => {
    const demo = makeDemo()
    demo.on('verify', 'a', () => verdicts.unknown)
    const made = oneStep(demo, { timeout: '10s' })
    const view = await demo.run(made, answersBlocks(['compensate']))
    expect(view.outcome).toBe('compensated')
    expect(demo.log).toEqual(['do a', 'undo a'])
  })
})

describe('a method that never returns', () => {
  it('is given up after the time of the step, and what it did is looked at', async () => {
    const demo = makeDemo()
    demo.on('did', 'a', (count) => (count === 1 ? new Promise(() => undefined) : undefined))
    const view = await demo.run(oneStep(demo, { timeout: '30s' }))
    expect(view.outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a'])
  })
})
