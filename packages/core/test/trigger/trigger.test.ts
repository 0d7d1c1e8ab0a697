import { describe, expect, it } from 'vitest'
import { automatic } from '../../src/trigger/automatic.ts'
import { firedSignals } from '../../src/trigger/decide-trigger.ts'
import { wordOf } from '../../src/trigger/trigger-event.ts'
import {
  allRules,
  ana,
  anyRules,
  benchOf,
  checkOf,
  day,
  hour,
  minute,
  runAfter,
  second,
  settings,
  twoSignals,
  type Bench,
} from './sample-triggers.ts'

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
