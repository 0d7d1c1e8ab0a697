import { describe, expect, it } from 'vitest'
import { anyRules, benchOf, hour, minute, second } from './sample-triggers.ts'

const target = 'prod/shop/checkout'

describe('single flight', () => {
  it('starts nothing while its own start is not answered', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    bench.act()
    expect(bench.act()).toMatchObject({ decision: 'refuse', reason: 'run-in-flight', page: false })
    expect(bench.state.flights).toEqual([{ startId: 'errors#1', runId: null, at: bench.now }])
  })

  it('starts nothing while any run is on the target, also one that a person started', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    bench.tell({ type: 'run.started', at: bench.now, run: { runId: 'by-hand', targets: ['other', target] } })
    expect(bench.act()).toMatchObject({ decision: 'refuse', reason: 'run-in-flight' })
  })

  it('takes no notice of a run on another target', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    bench.tell({ type: 'run.started', at: bench.now, run: { runId: 'elsewhere', targets: ['other'] } })
    expect(bench.act().decision).toBe('start')
  })

  it('takes a start of another trigger on the same target for a run', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    bench.tell({
      type: 'decided',
      decision: { decision: 'start', trigger: 'latency', at: bench.now, startId: 'latency#4', target, detail: '', fired: [] },
    })
    expect(bench.act()).toMatchObject({ decision: 'refuse', reason: 'run-in-flight' })
  })

  it('counts a start that is told twice once', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    const decision = bench.act()
    if (decision.decision !== 'start') throw new Error('expected a start')
    const before = bench.state
    bench.tell({ type: 'decided', decision })
    expect(bench.state.flights).toEqual(before.flights)
    expect(bench.state.starts).toEqual(before.starts)
  })

  it('does not wait for ever for a run whose end was told before its start', () => {
    const bench = benchOf(anyRules)
    const run = { runId: 'by-hand', targets: [target] }
    bench.tell({ type: 'run.ended', at: bench.now, run })
    bench.tell({ type: 'run.started', at: bench.now - minute, run })
    expect(bench.state.flights).toEqual([])
  })

  it('does not take the end of another run for the end of its own', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    bench.act()
    bench.tell({ type: 'run.started', at: bench.now, run: { runId: 'by-hand', targets: [target] } })
    expect(bench.state.flights).toHaveLength(2)
    bench.tell({ type: 'run.ended', at: bench.now, run: { runId: 'by-hand', targets: [target] } })
    expect(bench.state.flights).toMatchObject([{ startId: 'errors#1' }])
  })

  it('waits for every flight, also beside a start of another trigger', () => {
    const bench = benchOf(anyRules)
    bench.tell({ type: 'run.started', at: bench.now, run: { runId: 'by-hand', targets: [target] } })
    bench.tell({
      type: 'decided',
      decision: { decision: 'start', trigger: 'latency', at: bench.now, startId: 'latency#4', target, detail: '', fired: [] },
    })
    expect(bench.state.flights).toMatchObject([{ runId: 'by-hand' }, { startId: 'latency#4' }])
    expect(bench.state.rolledBack).toMatchObject({ by: 'latency#4' })
  })

  it('frees the target when a start came to nothing, and cools down', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    bench.act()
    bench.tell({ type: 'run.not-started', at: bench.now, startId: 'errors#1' })
    bench.look('errors', 'unhealthy', 5 * minute)
    expect(bench.act()).toMatchObject({ decision: 'refuse', reason: 'cooling-down' })
    expect(bench.state.rolledBack).toBeNull()
    bench.look('errors', 'unhealthy', hour)
    expect(bench.act()).toMatchObject({ decision: 'start', startId: 'errors#2' })
  })
})

describe('it never acts on the noise of a rollback', () => {
  it('ignores what is seen during a run and while it settles', () => {
    const bench = benchOf(anyRules)
    const run = { runId: 'by-hand', targets: [target] }
    bench.tell({ type: 'run.started', at: bench.now, run })
    bench.look('errors', 'unhealthy', 20 * minute)
    bench.tell({ type: 'run.ended', at: bench.now, run })
    bench.look('errors', 'unhealthy', 5 * minute - 30 * second)
    expect(bench.state.signals['errors']).toMatchObject({ unhealthyMs: 0, lastAt: null })
  })

  it('forgets what it saw before the run', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 4 * minute)
    const run = { runId: 'by-hand', targets: [target] }
    bench.tell({ type: 'run.started', at: bench.now, run })
    bench.tell({ type: 'run.ended', at: bench.now, run })
    expect(bench.state.signals['errors']).toMatchObject({ unhealthyMs: 0 })
  })
})
