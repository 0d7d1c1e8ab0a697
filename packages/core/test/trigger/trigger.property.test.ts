import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { VerdictStatus } from '../../src/engine/records.ts'
import { decideTrigger } from '../../src/trigger/decide-trigger.ts'
import { evolveTrigger } from '../../src/trigger/evolve-trigger.ts'
import { initialTrigger, restoreTrigger } from '../../src/trigger/trigger-state.ts'
import { day, hour, minute } from './sample-triggers.ts'
import { options, play, rulesFor, status, story } from './trigger-world.ts'

const runs = { seed: 20260502, numRuns: 250 }

it('starts at least sometimes, so that the promises below say something', () => {
  const worlds = fc.sample(fc.tuple(options, story), { seed: runs.seed, numRuns: 200 }).map(([asked, steps]) => play(asked, steps))
  expect(worlds.filter((world) => world.starts.length > 0).length).toBeGreaterThan(60)
  expect(worlds.filter((world) => world.starts.length > 1).length).toBeGreaterThan(15)
})

it('never starts more often than its budget within any 24 hours', () => {
  fc.assert(
    fc.property(options, story, (asked, steps) => {
      const { starts } = play(asked, steps)
      for (const { trigger, at } of starts) {
        const within = starts.filter((other) => other.trigger === trigger && other.at >= at && other.at <= at + day)
        expect(within.length).toBeLessThanOrEqual(asked.maxPerDay)
      }
    }),
    runs,
  )
})

it('never has two flights on one target, with one trigger or two', () => {
  fc.assert(
    fc.property(options, story, (asked, steps) => {
      for (const start of play(asked, steps).starts) expect(start.flightsInTheWorld).toBe(0)
    }),
    runs,
  )
})

it('never goes back again unless somebody or a new release has cleared it', () => {
  fc.assert(
    fc.property(options, story, (asked, steps) => {
      for (const start of play(asked, steps).starts) expect(start.wasCleared).toBe(true)
    }),
    runs,
  )
})

it('never gives one start id twice', () => {
  fc.assert(
    fc.property(options, story, (asked, steps) => {
      const ids = play(asked, steps).starts.map(({ startId }) => startId)
      expect(new Set(ids).size).toBe(ids.length)
    }),
    runs,
  )
})

it('never starts on no data, on what is on its way, or on one unhealthy look', () => {
  const quiet = fc.array(
    fc.record({
      signal: fc.constantFrom('a', 'b'),
      status: fc.constantFrom<VerdictStatus>('unknown', 'progressing', 'healthy'),
      gapMs: fc.integer({ min: 0, max: hour }),
    }),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(options, quiet, fc.nat(59), (asked, looks, place) => {
      const rules = rulesFor('one', asked)
      let state = initialTrigger(rules)
      let now = 100 * day
      for (const [index, look] of looks.entries()) {
        now += look.gapMs
        state = evolveTrigger(rules, state, {
          type: 'sampled',
          at: now,
          signal: look.signal,
          status: index === place ? 'unhealthy' : look.status,
        })
        expect(decideTrigger(rules, state, now)).toEqual({ decision: 'nothing' })
      }
    }),
    runs,
  )
})

it('proves its time by a count of its own: unhealthy spans since the last healthy look, no longer than a hole', () => {
  const looks = fc.array(fc.record({ status, gapMs: fc.integer({ min: 0, max: 3 * minute }) }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(looks, (steps) => {
      const rules = rulesFor('one', { condition: 'any', maxPerDay: 1, cooldown: '1h' })
      let state = initialTrigger(rules)
      let now = 100 * day
      const seen: { readonly at: number; readonly status: VerdictStatus }[] = []
      for (const step of steps) {
        now += step.gapMs
        seen.push({ at: now, status: step.status })
        state = evolveTrigger(rules, state, { type: 'sampled', at: now, signal: 'a', status: step.status })
      }
      const since = seen.slice(seen.findLastIndex((look) => look.status === 'healthy') + 1)
      const spans = since.slice(1).map((look, index) => ({
        ms: look.at - since[index]!.at,
        both: look.status === 'unhealthy' && since[index]!.status === 'unhealthy',
      }))
      const proven = spans.filter(({ ms, both }) => both && ms <= rules.staleAfterMs).reduce((sum, { ms }) => sum + ms, 0)
      expect(state.signals['a']?.unhealthyMs).toBe(proven)
      const decision = decideTrigger(rules, state, now).decision
      expect(decision).toBe(proven >= 2 * minute && seen.at(-1)?.status === 'unhealthy' ? 'ask-known-good' : 'nothing')
    }),
    runs,
  )
})

it('is plain JSON at every moment, and goes on the same after a restart', () => {
  fc.assert(
    fc.property(options, story, (asked, steps) => {
      const world = play({ ...asked, two: false }, steps)
      const rules = rulesFor('one', asked)
      const [state] = world.states
      expect(restoreTrigger(rules, JSON.parse(JSON.stringify(state)))).toEqual(state)
      expect(decideTrigger(rules, restoreTrigger(rules, JSON.parse(JSON.stringify(state))), world.now)).toEqual(
        decideTrigger(rules, state!, world.now),
      )
    }),
    runs,
  )
})

it('is not changed by news that comes twice in a row', () => {
  fc.assert(
    fc.property(options, story, (asked, steps) => {
      const world = play(asked, steps)
      const rules = rulesFor('one', asked)
      let state = initialTrigger(rules)
      for (const event of world.events) {
        state = evolveTrigger(rules, state, event)
        if (event.type === 'decided' && event.decision.decision === 'refuse') continue
        const again = evolveTrigger(rules, state, event)
        expect({ ...again, episode: 0, decisions: [] }).toEqual({ ...state, episode: 0, decisions: [] })
      }
    }),
    { ...runs, numRuns: 100 },
  )
})
