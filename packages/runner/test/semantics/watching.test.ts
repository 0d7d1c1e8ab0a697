import { notice, observe, plan, require as requires, sequence, type Plan, type Risk, type Verdict } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { ana, answersBlocks, leafOf, makeDemo, runId, type Demo } from './demo.ts'
import { fails, verdicts } from './demo-world.ts'

function watching(
  demo: Demo,
  options: { readonly for?: '30s'; readonly deadline: '1m' | '10m' } = { for: '30s', deadline: '10m' },
): Plan<Risk> {
  return demo.plan(
    sequence(demo.set({ name: 'a', to: 'n' }), observe({ name: 'shop', checks: [demo.check({ name: 'shop' })], every: '5s', ...options })),
  )
}

const says = (demo: Demo, verdictAt: (count: number) => Verdict | undefined): void => demo.on('check', 'shop', verdictAt)

describe('observe', () => {
  it('ends when the check was healthy for long enough without a break', async () => {
    const demo = makeDemo()
    const from = demo.time.now()
    expect((await demo.run(watching(demo))).outcome).toBe('succeeded')
    expect(demo.time.now() - from).toBeGreaterThanOrEqual(30_000)
    expect(demo.countOf('check', 'shop')).toBe(7)
  })

  it('starts its count again after a look without data', async () => {
    const demo = makeDemo()
    says(demo, (count) => (count === 5 ? verdicts.unknown : undefined))
    expect((await demo.run(watching(demo))).outcome).toBe('succeeded')
    expect(demo.countOf('check', 'shop')).toBe(12)
  })

  it('waits through bad looks until its deadline, then fails', async () => {
    const demo = makeDemo()
    says(demo, () => verdicts.unhealthy)
    const view = await demo.run(watching(demo, { deadline: '1m' }))
    expect(view).toMatchObject({ outcome: 'compensated', failure: { code: 'UNHEALTHY' } })
    expect(demo.countOf('check', 'shop')).toBeGreaterThan(10)
  })

  it('without data at its deadline blocks for a person: no data is no failure', async () => {
    const demo = makeDemo()
    says(demo, () => verdicts.unknown)
    const view = await demo.run(watching(demo, { deadline: '1m' }))
    expect(view).toMatchObject({ state: 'blocked', blocked: { reason: 'no-data', ids: ['observe shop'] } })
    expect(demo.valueOf('a')).toBe('n')
  })

  it('takes a check that throws for one without data', async () => {
    const demo = makeDemo()
    demo.on('check', 'shop', fails('REJECTED', { times: 3 }))
    expect((await demo.run(watching(demo))).outcome).toBe('succeeded')
  })

  it('starts its count again after a crash', async () => {
    const demo = makeDemo()
    const made = watching(demo)
    demo.diesAt((record) => (record.type === 'sample.taken' && demo.countOf('check', 'shop') === 5 ? 'hang-after' : 'keep'))
    await demo.start(made)
    await demo.time.pass(25_000)
    demo.kill()
    expect((await demo.resume(made)).outcome).toBe('succeeded')
    expect(demo.countOf('check', 'shop')).toBe(12)
  })

  it('is answered retry by starting again, skip by going past it', async () => {
    const demo = makeDemo()
    says(demo, () => verdicts.unknown)
    const view = await demo.run(watching(demo, { deadline: '1m' }), answersBlocks(['retry', 'observe shop'], ['skip', 'observe shop']))
    expect(view.outcome).toBe('succeeded')
    expect(leafOf(view, 'observe shop')?.phase).toBe('skipped')
  })
})

describe('require', () => {
  const guarded = (demo: Demo) =>
    demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), requires(demo.check({ name: 'shop' })), demo.set({ name: 'b', to: 'n' })))

  it('lets nothing behind it start when its check is unhealthy', async () => {
    const demo = makeDemo()
    says(demo, () => verdicts.unhealthy)
    const view = await demo.run(guarded(demo))
    expect(view).toMatchObject({ outcome: 'compensated', failure: { code: 'PRECONDITION_FAILED' } })
    expect(demo.log).toEqual(['do a', 'undo a'])
  })

  it('asks again while there is no data, then blocks for a person', async () => {
    const demo = makeDemo()
    says(demo, () => verdicts.unknown)
    const view = await demo.run(guarded(demo))
    expect(view.blocked?.reason).toBe('no-data')
    expect(demo.countOf('check', 'shop')).toBeGreaterThan(5)
    expect(demo.log).toEqual(['do a'])
  })

  it('before every change is asked in the preview and again in the run', async () => {
    const demo = makeDemo()
    const made = demo.plan(sequence(requires(demo.check({ name: 'shop' })), demo.set({ name: 'a', to: 'n' })))
    const approved = await demo.preview(made)
    says(demo, () => verdicts.unhealthy)
    const view = await demo.run(made, { approved })
    expect(view.outcome).toBe('aborted')
    expect(demo.log).toEqual([])
  })
})

describe('a notice', () => {
  it('is done when it stands in the outbox, whatever becomes of its delivery', async () => {
    const demo = makeDemo({ deliver: () => new Promise<void>(() => undefined) })
    const view = await demo.run(demo.plan(sequence(notice('demo.said', { text: 'begin' }), demo.set({ name: 'a', to: 'n' }))))
    expect(view.outcome).toBe('succeeded')
    expect((await demo.records()).filter(({ type }) => type === 'notice.queued')).toHaveLength(1)
  })

  it('carries the values of outputs', async () => {
    const sent: unknown[] = []
    const demo = makeDemo({ deliver: async ({ options }) => void sent.push(options) })
    const a = demo.set({ name: 'a', to: 'n' })
    await demo.run(demo.plan(sequence(a, notice('demo.said', { text: a.output.value }))))
    expect(sent).toEqual([{ text: 'n' }])
  })
})

describe('what always runs at the end', () => {
  const reporting = (demo: Demo, onFailure: 'halt' | 'compensate') =>
    plan({
      name: 'demo',
      onFailure,
      steps: sequence(demo.set({ name: 'a', to: 'n' }), demo.set({ name: 'z', to: 'n' })),
      always: [notice('demo.report', {})],
    })
  const reports = async (demo: Demo) => (await demo.records()).filter((record) => record.type === 'notice.queued')

  it('runs once after success', async () => {
    const demo = makeDemo()
    await demo.run(reporting(demo, 'compensate'))
    expect(await reports(demo)).toHaveLength(1)
  })

  it('runs once after going back', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    expect((await demo.run(reporting(demo, 'compensate'))).outcome).toBe('compensated')
    const types = (await demo.records()).map(({ type }) => type)
    expect(types.indexOf('notice.queued')).toBeGreaterThan(types.indexOf('run.finished'))
  })

  it('runs once after a cancel', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', async () => {
      await demo.ports.requests.post(runId, { ask: 'cancel', mode: 'compensate', actor: ana, reason: 'no more' })
      await demo.time.pass(5000)
    })
    expect((await demo.run(reporting(demo, 'halt'))).outcome).toBe('compensated')
    expect(await reports(demo)).toHaveLength(1)
  })

  it('of a plan inside a plan runs with that of the whole, at the end of the whole', async () => {
    const demo = makeDemo()
    const inner = plan({ name: 'inner', steps: demo.set({ name: 'a', to: 'n' }), always: [notice('demo.inner', {})] })
    const made = plan({ name: 'demo', steps: sequence(inner, demo.set({ name: 'b', to: 'n' })), always: [notice('demo.outer', {})] })
    expect((await demo.run(made)).outcome).toBe('succeeded')
    const ended = (await demo.records()).flatMap((record) =>
      record.type === 'notice.queued' ? [record.kind] : record.type === 'run.finished' ? ['the end'] : [],
    )
    expect(ended[0]).toBe('the end')
    expect(ended.slice(1).toSorted()).toEqual(['demo.inner', 'demo.outer'])
  })

  it('does not run while the run is blocked, and runs when it is abandoned', async () => {
    const demo = makeDemo()
    demo.on('do', 'z', fails('REJECTED'))
    const made = reporting(demo, 'halt')
    expect((await demo.run(made)).state).toBe('blocked')
    expect(await reports(demo)).toHaveLength(0)
    await demo.answer('abandon')
    await demo.resume(made)
    expect(await reports(demo)).toHaveLength(1)
  })

  it('runs after a crash right behind the end', async () => {
    const demo = makeDemo()
    const made = reporting(demo, 'compensate')
    demo.diesAt((record) => (record.type === 'run.finished' ? 'hang-after' : 'keep'))
    await demo.start(made)
    await demo.time.pass(60_000)
    demo.kill()
    expect((await demo.resume(made)).outcome).toBe('succeeded')
    expect(await reports(demo)).toHaveLength(1)
  })
})
