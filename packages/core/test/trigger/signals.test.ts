import { describe, expect, it } from 'vitest'
import { automatic } from '../../src/trigger/automatic.ts'
import { firedSignals } from '../../src/trigger/decide-trigger.ts'
import { allRules, anyRules, benchOf, checkOf, hour, minute, second, settings, twoSignals } from './sample-triggers.ts'

const target = 'prod/shop/checkout'

describe('a signal fires when it was unhealthy for its whole time without a break', () => {
  it('starts after the time, not before', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 4.5 * minute)
    expect(bench.decide()).toEqual({ decision: 'nothing' })
    bench.now += 30 * second
    bench.look('errors', 'unhealthy')
    expect(bench.act()).toMatchObject({ decision: 'start', startId: 'errors#1', target, detail: 'errors is unhealthy for 5 min' })
  })

  it('begins again after one healthy look', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 4.5 * minute)
    bench.now += 15 * second
    bench.look('errors', 'healthy')
    bench.now += 15 * second
    bench.look('errors', 'unhealthy', 4.5 * minute)
    expect(bench.decide()).toEqual({ decision: 'nothing' })
  })

  it('is neither fired nor cleared by no data, and does not count the time without data', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 3 * minute)
    bench.now += 30 * second
    bench.look('errors', 'unknown', 60 * minute)
    expect(bench.decide()).toEqual({ decision: 'nothing' })
    bench.now += 30 * second
    bench.look('errors', 'unhealthy', 1.5 * minute)
    expect(bench.decide()).toEqual({ decision: 'nothing' })
    bench.now += 30 * second
    bench.look('errors', 'unhealthy')
    expect(firedSignals(anyRules, bench.state, bench.now)).toMatchObject([{ signal: 'errors', unhealthyMs: 5 * minute }])
  })

  it('does not start while the last look had no data, though it had fired before', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 6 * minute)
    bench.now += 30 * second
    bench.look('errors', 'unknown')
    expect(bench.decide()).toEqual({ decision: 'nothing' })
    bench.now += 30 * second
    bench.look('errors', 'unhealthy')
    expect(bench.act().decision).toBe('start')
  })

  it('does not count a hole between two looks', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy')
    bench.now += 2 * hour
    bench.look('errors', 'unhealthy')
    expect(bench.state.signals['errors']).toMatchObject({ unhealthyMs: 0 })
    expect(bench.decide()).toEqual({ decision: 'nothing' })
  })

  it('counts a span that is exactly as long as allowed', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy')
    bench.now += 90 * second
    bench.look('errors', 'unhealthy')
    expect(bench.state.signals['errors']).toMatchObject({ unhealthyMs: 90 * second })
  })

  it('does not start on a look that is stale', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 10 * minute)
    bench.now += 91 * second
    expect(bench.decide()).toEqual({ decision: 'nothing' })
  })

  it('ignores a look that arrives after a later one', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 10 * minute)
    bench.tell({ type: 'sampled', at: bench.now - 1, signal: 'errors', status: 'healthy' })
    expect(bench.act().decision).toBe('start')
  })

  it('counts what is on its way neither as healthy nor as unhealthy', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'progressing', hour)
    expect(bench.decide()).toEqual({ decision: 'nothing' })
  })
})

describe('signals combine', () => {
  it('all waits for every signal', () => {
    const bench = benchOf(allRules)
    bench.look('errors', 'unhealthy', 10 * minute)
    expect(bench.decide()).toEqual({ decision: 'nothing' })
    const from = bench.now
    bench.look('restarts', 'unhealthy', 2 * minute)
    bench.tell({ type: 'sampled', at: from + 2 * minute, signal: 'errors', status: 'unhealthy' })
    expect(bench.act()).toMatchObject({ decision: 'start', fired: [{ signal: 'errors' }, { signal: 'restarts' }] })
  })

  it('atLeast waits for so many of them', () => {
    const three = [...twoSignals, { name: 'latency', check: checkOf('latency'), for: '1m' }] as const
    const { rules } = automatic({ ...settings, atLeast: 2, of: three })
    const bench = benchOf(rules)
    bench.look('latency', 'unhealthy', 2 * minute)
    expect(bench.decide()).toEqual({ decision: 'nothing' })
    const from = bench.now
    bench.look('restarts', 'unhealthy', 2 * minute)
    bench.tell({ type: 'sampled', at: from + 1 * minute, signal: 'latency', status: 'unhealthy' })
    expect(bench.act().decision).toBe('start')
  })
})

describe('it asks whether what it would go back to is good', () => {
  it('asks only when everything else allows a start', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    expect(bench.decide()).toEqual({ decision: 'ask-known-good' })
  })

  it.each([
    ['unhealthy', 'known-good-unhealthy'],
    ['unknown', 'known-good-unknown'],
  ] as const)('refuses and pages when it is %s', (status, reason) => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    expect(bench.act(status)).toMatchObject({ decision: 'refuse', reason, page: true })
    expect(bench.state.decisions).toMatchObject([{ decision: 'refuse', reason, times: 1 }])
    expect(bench.state.starts).toEqual([])
  })

  it('does not take an answer from during a run, nor one that is older than what it knows', () => {
    const bench = benchOf(anyRules)
    const run = { runId: 'by-hand', targets: [target] }
    bench.tell({ type: 'run.started', at: bench.now, run })
    bench.tell({ type: 'known-good.sampled', at: bench.now, status: 'healthy' })
    expect(bench.state.knownGood).toBeNull()
    bench.tell({ type: 'run.ended', at: bench.now, run })
    bench.tell({ type: 'known-good.sampled', at: bench.now + 2, status: 'unhealthy' })
    bench.tell({ type: 'known-good.sampled', at: bench.now + 1, status: 'healthy' })
    expect(bench.state.knownGood).toMatchObject({ status: 'unhealthy' })
  })

  it('asks again when the answer is stale', () => {
    const bench = benchOf(anyRules)
    bench.look('errors', 'unhealthy', 5 * minute)
    bench.tell({ type: 'known-good.sampled', at: bench.now - 91 * second, status: 'healthy' })
    expect(bench.decide()).toEqual({ decision: 'ask-known-good' })
  })
})
