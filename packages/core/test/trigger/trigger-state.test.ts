import { describe, expect, it } from 'vitest'
import { automatic } from '../../src/trigger/automatic.ts'
import { initialTrigger, restoreTrigger, type TriggerState } from '../../src/trigger/trigger-state.ts'
import { anyRules, benchOf, checkOf, minute, settings } from './sample-triggers.ts'

/** A state with something in every field. */
function busyState(): TriggerState {
  const bench = benchOf(anyRules)
  bench.look('errors', 'unhealthy', 5 * minute)
  bench.act('unknown')
  bench.act()
  bench.tell({ type: 'paused', at: bench.now, actor: { id: 'ana' }, reason: 'look' })
  bench.tell({ type: 'run.ended', at: bench.now, run: { runId: 'other', targets: [settings.target] } })
  return bench.state
}

describe('a stored state continues where it was', () => {
  it('survives JSON', () => {
    const state = busyState()
    expect(restoreTrigger(anyRules, JSON.parse(JSON.stringify(state)))).toEqual(state)
  })

  it('takes new signals and forgets removed ones, and keeps what happened', () => {
    const { rules } = automatic({
      ...settings,
      any: [
        { name: 'errors', check: checkOf('a'), for: '5m' },
        { name: 'latency', check: checkOf('b'), for: '5m' },
      ],
    })
    const state = restoreTrigger(rules, JSON.parse(JSON.stringify(busyState())))
    expect(Object.keys(state.signals)).toEqual(['errors', 'latency'])
    expect(state.paused).not.toBeNull()
  })
})

describe('a state that cannot be trusted is refused, never replaced by an empty one', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an empty object', {}],
    ['another format', { ...initialTrigger(anyRules), format: 'backstep-trigger/v2' }],
    ['a field too many', { ...initialTrigger(anyRules), extra: 1 }],
    ['a start that is no time', { ...initialTrigger(anyRules), starts: ['yesterday'] }],
    ['a state of another trigger', { ...initialTrigger(anyRules), trigger: 'other' }],
  ])('%s', (_, stored) => {
    expect(() => restoreTrigger(anyRules, stored)).toThrow(expect.objectContaining({ code: 'JOURNAL_CORRUPT' }))
  })
})
