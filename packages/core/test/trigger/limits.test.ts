import { describe, expect, it } from 'vitest'
import { wordOf } from '../../src/trigger/trigger-event.ts'
import { ana, anyRules, benchOf, day, hour, minute, runAfter, second, type Bench } from './sample-triggers.ts'

const target = 'prod/shop/checkout'

/** A trigger that has started a run, which has ended an hour and a half ago, and was cleared. */
function afterOneRun(): Bench {
  const bench = benchOf(anyRules)
  bench.look('errors', 'unhealthy', 5 * minute)
  runAfter(bench, bench.act(), 10 * minute)
  bench.now += 90 * minute
  bench.tell(wordOf('cleared', { at: bench.now, actor: ana, reason: 'looked at it' }))
  return bench
}

describe('it does not start too often', () => {
  it('cools down after the end of a run, also of one that a person started', () => {
    const bench = benchOf(anyRules)
    const run = { runId: 'by-hand', targets: [target] }
    bench.tell({ type: 'run.started', at: bench.now, run })
    bench.now += hour
    bench.tell({ type: 'run.ended', at: bench.now, run })
    bench.look('errors', 'unhealthy', 59 * minute)
    expect(bench.act()).toMatchObject({ decision: 'refuse', reason: 'cooling-down', page: true, hint: 'Act by hand, or wait 1 min.' })
    bench.look('errors', 'unhealthy', minute)
    expect(bench.act().decision).toBe('start')
  })

  it('counts from the last end when news arrives out of order', () => {
    const bench = benchOf(anyRules)
    bench.tell({ type: 'run.ended', at: bench.now, run: { runId: 'second', targets: [target] } })
    bench.tell({ type: 'run.ended', at: bench.now - hour, run: { runId: 'first', targets: [target] } })
    bench.tell({ type: 'run.ended', at: bench.now - 2 * hour, run: { runId: 'second', targets: [target] } })
    expect(bench.state).toMatchObject({ endedAt: bench.now, quietUntil: bench.now + 5 * minute })
  })

  it('stops at its budget for a rolling day', () => {
    const bench = afterOneRun()
    const firstStart = bench.state.starts[0] ?? 0
    bench.look('errors', 'unhealthy', 5 * minute)
    runAfter(bench, bench.act(), minute)
    bench.now += 2 * hour
    bench.tell(wordOf('cleared', { at: bench.now, actor: ana, reason: 'looked at it' }))
    bench.look('errors', 'unhealthy', 5 * minute)
    expect(bench.act()).toMatchObject({ decision: 'refuse', reason: 'budget-used-up', page: true })
    bench.now = firstStart + day
    bench.look('errors', 'unhealthy')
    expect(bench.act()).toMatchObject({ reason: 'budget-used-up' })
    bench.now += 1
    bench.look('errors', 'unhealthy')
    expect(bench.act().decision).toBe('start')
  })

  it('starts nothing while a person has paused it', () => {
    const bench = benchOf(anyRules)
    bench.tell(wordOf('paused', { at: bench.now, actor: ana, reason: 'load test' }))
    bench.look('errors', 'unhealthy', 5 * minute)
    expect(bench.act()).toMatchObject({ decision: 'refuse', reason: 'paused', detail: 'ana has paused it: load test' })
    bench.tell(wordOf('resumed', { at: bench.now, actor: ana, reason: 'done' }))
    expect(bench.act().decision).toBe('start')
  })
})

describe('every refusal is recorded', () => {
  it('counts the same refusal for the same trouble, and pages once', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    expect(bench.act('unknown')).toMatchObject({ page: true })
    bench.now += 30 * second
    bench.look('errors', 'unhealthy')
    expect(bench.act('unknown')).toMatchObject({ page: false })
    expect(bench.state.decisions).toMatchObject([
      { reason: 'known-good-unknown', times: 2, at: bench.now - 30 * second, lastAt: bench.now },
    ])
  })

  it('does not page again because another signal comes and goes', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    bench.act('unknown')
    bench.tell({ type: 'sampled', at: bench.now, signal: 'restarts', status: 'unhealthy' })
    bench.tell({ type: 'sampled', at: bench.now + 60 * second, signal: 'restarts', status: 'unhealthy' })
    bench.tell({ type: 'sampled', at: bench.now + 70 * second, signal: 'restarts', status: 'healthy' })
    bench.tell({ type: 'sampled', at: bench.now + 75 * second, signal: 'restarts', status: 'healthy' })
    expect(bench.act('unknown')).toMatchObject({ reason: 'known-good-unknown', page: false })
  })

  it('pages again when it was healthy in between', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    bench.act('unknown')
    bench.look('errors', 'healthy')
    bench.look('errors', 'unhealthy', 5 * minute)
    expect(bench.act('unknown')).toMatchObject({ page: true })
    expect(bench.state.decisions).toHaveLength(2)
  })

  it('keeps the newest hundred', () => {
    const bench = benchOf(anyRules)
    for (let round = 0; round < 120; round++) {
      bench.look('errors', 'unhealthy', 5 * minute)
      bench.act('unhealthy')
      bench.look('errors', 'healthy')
    }
    expect(bench.state.decisions).toHaveLength(100)
    expect(bench.state.decisions.at(-1)?.lastAt).toBe(bench.now)
  })
})
