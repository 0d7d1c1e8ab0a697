import { describe, expect, it } from 'vitest'
import { wordOf } from '../../src/trigger/trigger-event.ts'
import { ana, anyRules, benchOf, hour, minute, runAfter, type Bench } from './sample-triggers.ts'

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

describe('it never rolls back a rollback', () => {
  it('refuses and pages after a machine has gone back', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    runAfter(bench, bench.act(), 10 * minute)
    bench.now += 2 * hour
    bench.look('errors', 'unhealthy', 5 * minute)
    expect(bench.act()).toMatchObject({ decision: 'refuse', reason: 'already-rolled-back', page: true })
  })

  it('also when another trigger went back on the same target', () => {
    const bench = benchOf(anyRules)
    const run = { runId: 'r1', targets: [target], trigger: 'latency', startId: 'latency#1' }
    bench.tell({ type: 'run.ended', at: bench.now, run })
    bench.now += 2 * hour
    bench.look('errors', 'unhealthy', 5 * minute)
    expect(bench.act()).toMatchObject({ reason: 'already-rolled-back' })
  })

  it('acts again when a person has cleared it', () => {
    const bench = afterOneRun()
    bench.look('errors', 'unhealthy', 5 * minute)
    expect(bench.act()).toMatchObject({ decision: 'start', startId: 'errors#2' })
  })

  it('acts again after a new release', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    runAfter(bench, bench.act(), 10 * minute)
    bench.now += 2 * hour
    bench.tell({ type: 'deployed', at: bench.now, targets: [target], release: 'v3' })
    bench.look('errors', 'unhealthy', 5 * minute)
    expect(bench.act()).toMatchObject({ decision: 'start' })
  })

  it('does not take what the rollback itself deploys for a new release', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    const decision = bench.act()
    bench.tell({ type: 'deployed', at: bench.now, targets: [target], release: 'v1' })
    runAfter(bench, decision, 10 * minute)
    bench.tell({ type: 'deployed', at: bench.now + 5 * minute - 1, targets: [target], release: 'v1' })
    expect(bench.state.rolledBack).not.toBeNull()
  })

  it('takes a release at the very end of the settling for new', () => {
    const bench = benchOf(anyRules)
    bench.tell({ type: 'run.ended', at: bench.now, run: { runId: 'r1', targets: [target], trigger: 'latency' } })
    expect(bench.state.rolledBack).toMatchObject({ by: 'r1' })
    bench.tell({ type: 'deployed', at: bench.now + 5 * minute - 1, targets: [target], release: 'v2' })
    expect(bench.state.rolledBack).not.toBeNull()
    bench.tell({ type: 'deployed', at: bench.now + 5 * minute, targets: ['other'], release: 'v2' })
    expect(bench.state.rolledBack).not.toBeNull()
    bench.tell({ type: 'deployed', at: bench.now + 5 * minute, targets: [target], release: 'v2' })
    expect(bench.state.rolledBack).toBeNull()
  })

  it('is not cleared by a word from before', () => {
    const bench = benchOf(anyRules)
    bench.tell({ type: 'run.ended', at: bench.now, run: { runId: 'r1', targets: [target], trigger: 'latency' } })
    bench.tell(wordOf('cleared', { at: bench.now - 1, actor: ana, reason: 'looked at the run before' }))
    expect(bench.state.rolledBack).not.toBeNull()
    bench.tell(wordOf('cleared', { at: bench.now, actor: ana, reason: 'looked' }))
    expect(bench.state.rolledBack).toBeNull()
  })

  it('is not cleared without a name or a reason', () => {
    expect(() => wordOf('cleared', { at: 0, actor: { id: ' ' }, reason: 'ok' })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
    expect(() => wordOf('cleared', { at: 0, actor: ana, reason: '' })).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
    const bench = benchOf(anyRules)
    bench.tell({ type: 'run.ended', at: bench.now, run: { runId: 'r1', targets: [target], trigger: 'latency' } })
    bench.tell({ type: 'cleared', at: bench.now, actor: { id: '' }, reason: 'ok' })
    expect(bench.state.rolledBack).not.toBeNull()
  })
})
