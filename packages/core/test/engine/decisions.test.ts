import { describe, expect, it } from 'vitest'
import { decide, evolve, forkRun, openGates, replay, RollbackError, startRun, withdraw, type RunRecord } from '../../src/index.ts'
import type { Faults } from './model/fault.ts'
import { recordsOf, startTime } from './model/state.ts'
import { sealedPlanOf } from './model/sealed.ts'
import type { Shape } from './model/shape.ts'
import { walk } from './model/walk.ts'

const step = (name: string, rest: { readonly isCut?: boolean; readonly idempotency?: 'none' } = {}): Shape => ({
  leaf: 'step',
  name,
  ...rest,
})
const sequence = (...children: readonly Shape[]): Shape => ({ group: 'sequence', children })
const together = (...children: readonly Shape[]): Shape => ({ group: 'together', children })
const faults = (some: Record<string, readonly [string, ...string[]]>): Faults => new Map(Object.entries(some)) as unknown as Faults
const at = startTime

describe('decide', () => {
  it('hands out each command once', () => {
    const story = walk({ shape: together(step('a'), step('b')) }).until('survey b')
    const { run, decision } = story.state()
    expect(decision.commands.map(({ do: what, id }) => `${what} ${id}`)).toEqual(['prepare a', 'prepare b'])
    expect(decide(run)).toEqual({ records: [], commands: [] })
  })

  it('hands out a command that was taken back once more', () => {
    const { run } = walk({ shape: step('a') })
      .until('survey a')
      .state()
    withdraw(run, 'a')
    expect(decide(run).commands.map(({ do: what }) => what)).toEqual(['prepare'])
  })

  it('decides in the order of the plan, whatever changed last', () => {
    const choice = (name: string): Shape => ({ group: 'choose', children: [step(name), step(`${name}2`)], taken: 0 })
    const story = walk({ shape: together(choice('a'), choice('b'), choice('c')) })
    expect(story.state().decision.records.map((record) => ('id' in record ? record.id : ''))).toEqual(['group 1', 'group 2', 'group 3'])
  })

  it('decides the same for a run that was made again from its records', () => {
    const story = walk({ shape: sequence(together(step('a'), step('b')), step('c')), faults: faults({ b: ['doubtApplied'] }) }).until(
      'probe b',
    )
    const again = replay(story.frame.plan, story.records())
    const fork = forkRun(story.state().run)
    fork.outstanding.clear()
    expect(decide(again)).toEqual(decide(fork))
  })

  it('takes one record of many last looks for one of each', () => {
    const story = walk({ shape: together(step('a'), step('b'), step('c')) }).until('leases granted')
    const begun = story.records()
    const each = ['a', 'b', 'c'].map((id): RunRecord => ({ at, type: 'step.surveyed', id, position: 'before' }))
    const all: RunRecord = { at, type: 'steps.surveyed', position: 'before', ids: ['a', 'b', 'c'] }
    const handedOut = (last: readonly RunRecord[]) => decide(replay(story.frame.plan, [...begun, ...last]))
    expect(handedOut([all])).toEqual(handedOut(each))
    expect(handedOut([all]).commands.map(({ do: what, id }) => `${what} ${id}`)).toEqual(['prepare a', 'prepare b', 'prepare c'])
  })

  it('refuses a record of last looks that names a step which the plan does not have', () => {
    const story = walk({ shape: step('a') }).until('leases granted')
    const strange: RunRecord = { at, type: 'steps.surveyed', position: 'before', ids: ['a', 'z'] }
    expect(() => replay(story.frame.plan, [...story.records(), strange])).toThrow(RollbackError)
  })

  it('starts no last look for a run that is cancelled', () => {
    const story = walk({ shape: sequence(step('a'), step('b')) }).does('cancel (compensate)', 'leases granted')
    expect(story.state().decision.commands).toEqual([])
    expect(story.rest().view().outcome).toBe('aborted')
  })

  it('takes no lease for a run that has failed before it needed one', () => {
    const gate: Shape = { leaf: 'observe', name: 'watch' }
    const story = walk({ shape: sequence(gate, step('a')), faults: faults({ watch: ['sick'] }) }).rest()
    expect(story.view().outcome).toBe('aborted')
    expect(story.records().some(({ type }) => type === 'lease.acquired')).toBe(false)
  })

  it('waits for everything under way before the run turns or ends', () => {
    const story = walk({ shape: sequence(step('a'), step('b')), faults: faults({ a: ['drifted'] }) }).does('leases granted', 'survey a')
    expect(story.state().decision.records).toEqual([])
    expect(story.does('survey b').state().decision.records).toEqual([{ type: 'unwind.started', reason: 'failed' }])
  })
})

describe('a step that changes the world and has no way back', () => {
  it('is a point of no return, whatever its preparation says', () => {
    const story = walk({ shape: sequence(step('a'), step('c', { isCut: true }), step('z')), faults: faults({ z: ['refuse'] }) }).until(
      'prepare c',
    )
    const plain = story.state().run
    // The same preparation, but with no risk at all.
    const fork = forkRun(replay(story.frame.plan, story.records().slice(0, -1)))
    const prepared = story.records().at(-1) as Extract<RunRecord, { type: 'step.prepared' }>
    fork.outstanding.clear()
    evolve(fork, { ...prepared, risk: [] })
    expect(plain.leaves).toHaveLength(fork.leaves.length)
    expect(decide(fork).commands).toMatchObject([{ do: 'execute', id: 'c', crosses: true }])
  })
})

describe('a lost lease', () => {
  it('fails no step: what it stopped is prepared and done again by the next process', () => {
    const story = walk({ shape: sequence(step('a'), step('b', { idempotency: 'none' })) })
    story.until('prepare b').does('lease lost', 'execute b', 'execute b', 'record')
    expect(story.view()).toMatchObject({ state: 'blocked', blocked: { reason: 'lease-lost' } })
    expect(story.leaf('b')).toMatchObject({ phase: 'pending', touched: false })
    expect(story.does('retry').rest().view().outcome).toBe('succeeded')
  })

  it('uses up no attempt of an undo either', () => {
    const story = walk({ shape: sequence(step('a', { idempotency: 'none' }), step('z')), faults: faults({ z: ['refuse'] }) })
    story.until('look-back a').does('lease lost', 'undo a', 'undo a', 'record', 'retry')
    expect(story.rest().view().outcome).toBe('compensated')
  })

  it('does not refuse the run when it cuts off the last look', () => {
    const story = walk({ shape: sequence(step('a'), step('b')) }).does(
      'leases granted',
      'survey a',
      'lease lost',
      'survey b',
      'record',
      'retry',
    )
    expect(story.rest().view().outcome).toBe('succeeded')
  })
})

describe('an effect that nobody could see', () => {
  it('because the lease was lost is looked for by the next process, however long the look had taken', () => {
    const shape = together({ leaf: 'observe', name: 'watch' } as Shape, step('a'))
    const story = walk({ shape, faults: faults({ a: ['doubtApplied'] }) })
    story.until('prepare a').does('execute a', 'execute a', 'sample watch', 'sample watch', 'lease lost', 'probe a', 'record', 'retry')
    expect(story.until('probe a').leaf('a')).toMatchObject({ phase: 'effected', touched: true })
  })
})

describe('a refused lease', () => {
  it('does not block a run that was cancelled before its first effect', () => {
    const story = walk({ shape: step('a') }).does('cancel (compensate)', 'leases refused')
    expect(story.rest().view().outcome).toBe('aborted')
  })

  it('blocks a run that has something to put back', () => {
    const story = walk({ shape: sequence(step('a'), step('z')), faults: faults({ z: ['refuse'] }) })
    story.until('prepare z').does('crash and resume', 'leases refused')
    expect(story.view().blocked).toEqual({ reason: 'lease-held', ids: [] })
    expect(story.does('retry').rest().view().outcome).toBe('compensated')
  })
})

describe('going on', () => {
  const past = (name: string, fault: string) =>
    walk({
      shape: sequence(step('c', { isCut: true }), step('b'), { leaf: 'observe', name: 'watch' }, step('z')),
      faults: faults({ [name]: [fault] }),
    })

  it('looks again at what was seen healthy behind a step that is done again', () => {
    const story = past('z', 'refuseOnce').rest()
    expect(story.view().blocked?.reason).toBe('past-point-of-no-return')
    const samples = (): number => story.records().filter(({ type }) => type === 'sample.taken').length
    const before = samples()
    expect(story.does('go-on').rest().view().outcome).toBe('succeeded')
    expect(samples()).toBe(2 * before)
  })

  it('begins a step that was put back as a new one: what a provider dropped as a repeat is none', () => {
    const story = past('z', 'refuseOnce').rest()
    expect(story.leaf('b').generation).toBe(0)
    story.does('go-on')
    expect([story.leaf('b').generation, story.leaf('c').generation]).toEqual([1, 0])
  })

  it('prepares again what was prepared before the run went back', () => {
    const shape = sequence(step('c', { isCut: true }), step('b'), together(step('y'), step('z')))
    const story = walk({ shape, faults: faults({ z: ['prepareRefuse'] }) })
    story.until('verify b').does('prepare z', 'prepare y')
    expect(story.leaf('y').phase).toBe('prepared')
    story.rest().does('go-on')
    expect(story.leaf('y').phase).toBe('pending')
  })
})

describe('a gate', () => {
  const gated = (): ReturnType<typeof walk> =>
    walk({ shape: sequence({ leaf: 'gate', name: 'g' }, step('a')), faults: faults({ g: ['outOfTime'] }), cancelMode: 'hold' })

  it('that was skipped is open no more', () => {
    const story = gated().until('g is out of time').does('record', 'skip g')
    expect(openGates(story.state().run)).toEqual([])
  })

  it('is not open while the run is cancelled', () => {
    const story = gated().until('ask g').does('cancel (hold)')
    expect(openGates(story.state().run)).toEqual([])
    expect(story.does('record', 'go-on').view().state).toBe('waiting')
  })
})

describe('a scope that could not be entered again on the way back', () => {
  const scoped = (): ReturnType<typeof walk> => {
    const during: Shape = { group: 'during', children: [step('m'), step('a')] }
    return walk({ shape: sequence(during, step('z')), faults: faults({ z: ['refuse'], a: ['loses'], 'm release': ['undoRefuse'] }) })
  }

  it('shelters nothing: an undo that loses data is asked about', () => {
    const story = scoped().rest()
    expect(story.view().blocked).toEqual({ reason: 'undo-failed', ids: ['m release'] })
    story.does('skip m release').rest()
    expect(story.view().blocked).toEqual({ reason: 'undo-loses-data', ids: ['a'] })
  })
})

describe('records that cannot follow the ones before them', () => {
  const plan = sealedPlanOf(sequence(step('a')), 'compensate')
  const created = walk({ shape: sequence(step('a')) }).records()[0] as RunRecord
  const refused = (...records: readonly RunRecord[]): unknown => {
    try {
      return replay(plan, records)
    } catch (error) {
      return error instanceof RollbackError ? error.code : error
    }
  }

  it.each([
    ['a beginning that is none', [{ type: 'run.resumed', at, epoch: 1, actor: { id: 'x' } }]],
    ['two beginnings', [created, created]],
    ['a leaf of another plan', [created, { type: 'step.noted', at, id: 'other', note: {} }]],
    ['an effect without an intent', [created, { type: 'step.effected', at, id: 'a', receipt: {} }]],
    ['an intent without a preparation', [created, { type: 'step.intended', at, id: 'a', attempt: 1, key: '' }]],
    ['an undo without a look', [created, { type: 'undo.intended', at, id: 'a', attempt: 1, key: '' }]],
    ['an outcome of an undo that was never begun', [created, { type: 'undo.effected', at, id: 'a', evidence: [], notRestored: [] }]],
    [
      'an answer that nobody asked for',
      [created, { type: 'operator.answered', at, id: 'a', answer: 'skip', actor: { id: 'x' }, reason: '' }],
    ],
    ['a branch of another plan', [created, { type: 'branch.decided', at, id: 'other', taken: 0 }]],
  ] as [string, RunRecord[]][])('are refused as a corrupt journal: %s', (_, records) => {
    expect(refused(...records)).toBe('JOURNAL_CORRUPT')
  })

  it('are refused: a second end', () => {
    const story = walk({ shape: sequence(step('a')) }).rest()
    expect(refused(...story.records(), { type: 'run.finished', at, outcome: 'succeeded' })).toBe('JOURNAL_CORRUPT')
  })

  it('a run without records decides nothing', () => {
    expect(decide(startRun(plan))).toEqual({ records: [], commands: [] })
  })
})

describe('a copy of a run', () => {
  it('goes its own way', () => {
    const story = walk({ shape: sequence(step('a'), step('b')) }).until('survey b')
    const { run, journal } = story.state()
    const before = recordsOf(journal).length
    const fork = forkRun(run)
    evolve(fork, { type: 'cancel.requested', at, mode: 'compensate', actor: { id: 'x' }, reason: '' })
    expect(run.cancel).toBeUndefined()
    expect(run.records).toBe(before)
  })
})
