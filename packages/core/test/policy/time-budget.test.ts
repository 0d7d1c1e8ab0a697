import { describe, expect, it } from 'vitest'
import { durationMs } from '../../src/contract/duration.ts'
import { defaults } from '../../src/policy/defaults.ts'
import { judgeBudget } from '../../src/policy/time-budget.ts'

const minute = 60_000
const startedAt = 5000 * minute
const at = (minutes: number): number => startedAt + minutes * minute

describe('the step clock', () => {
  it('runs 0-2-5-8-12-60', () => {
    const { phases, planned } = judgeBudget(defaults.stepClock, startedAt, {}, startedAt)
    expect(phases.map(({ phase, plannedFrom, plannedTo }) => [phase, plannedFrom, plannedTo])).toEqual([
      ['declare', 0, 2],
      ['identify', 2, 5],
      ['execute', 5, 8],
      ['verify', 8, 12],
      ['monitor', 12, 60],
    ])
    expect(planned).toBe(60)
  })

  it('tells a phase that runs over from one that is late because of it', () => {
    const times = {
      declare: { startedAt: at(0), endedAt: at(2) },
      identify: { startedAt: at(2), endedAt: at(7) },
      execute: { startedAt: at(7), endedAt: at(9) },
    }
    const { phases, elapsed, judgement } = judgeBudget(defaults.stepClock, startedAt, times, at(9.5))
    expect(phases.map(({ phase, state, judgement: judged, overBy, lateBy }) => [phase, state, judged, overBy, lateBy])).toEqual([
      ['declare', 'done', 'on-time', 0, 0],
      ['identify', 'done', 'over', 2, 2],
      ['execute', 'done', 'late', 0, 1],
      ['verify', 'waiting', 'late', 0, 1.5],
      ['monitor', 'waiting', 'on-time', 0, 0],
    ])
    expect([elapsed, judgement]).toEqual([9.5, 'over'])
  })

  it('counts a phase that still runs up to now', () => {
    const [declare] = judgeBudget(defaults.stepClock, startedAt, { declare: { startedAt: at(0) } }, at(3)).phases
    expect(declare).toEqual({
      phase: 'declare',
      state: 'running',
      judgement: 'over',
      plannedFrom: 0,
      plannedTo: 2,
      from: 0,
      took: 3,
      overBy: 1,
      lateBy: 1,
    })
  })

  it('is not late a moment too early', () => {
    const [declare] = judgeBudget(defaults.stepClock, startedAt, { declare: { startedAt: at(0), endedAt: at(2) } }, at(2)).phases
    expect(declare).toMatchObject({ judgement: 'on-time', to: 2, took: 2 })
  })

  it('does not count backwards when two clocks differ', () => {
    const { phases, elapsed } = judgeBudget(defaults.stepClock, startedAt, { declare: { startedAt: at(1), endedAt: at(0) } }, at(-1))
    expect([phases[0]?.took, phases[0]?.overBy, elapsed]).toEqual([0, 0, 0])
  })
})

it('the check clock takes 55 minutes, group by group', () => {
  expect(judgeBudget(defaults.checkClock, startedAt, {}, startedAt).phases.map(({ plannedTo }) => plannedTo)).toEqual([5, 15, 30, 40, 55])
})

it.each([
  [{ 1: '5m', a: '5m' }, 'the phase "1" is a number'],
  [{ a: '0s' }, 'time budget, a: "0s" is no time at all'],
  [{ a: '5' }, 'time budget, a: "5" is no duration'],
])('refuses %j', (budget, message) => {
  expect(() => judgeBudget(budget as never, 0, {}, 0)).toThrow(message)
})

describe('the default numbers fit together', () => {
  it('every duration can be read', () => {
    const texts: string[] = []
    const walk = (value: unknown): void => {
      if (typeof value === 'string') texts.push(value)
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk)
    }
    walk(defaults)
    expect(texts.length).toBeGreaterThan(40)
    for (const text of texts) expect(durationMs(text as never)).toBeGreaterThanOrEqual(0)
  })

  it('what a machine acts on is worse than what alerts, and what alerts is worse than success', () => {
    const { errorRate, p95, observe } = defaults
    expect(
      [errorRate.automaticRollback.above, errorRate.alert.above, errorRate.successBelow].toSorted((one, other) => other - one),
    ).toEqual([0.1, 0.05, 0.01])
    expect(p95.alert.aboveMs).toBeGreaterThan(p95.successBelowMs)
    expect(durationMs(observe.for)).toBeLessThan(durationMs(observe.deadline))
    expect(durationMs(observe.forAtLeast)).toBeLessThanOrEqual(durationMs(observe.for))
  })
})
