import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { strategies } from '../../src/policy/decision.ts'
import { judgeNoReturn, type NoReturnAcceptance, type NoReturnResult } from '../../src/policy/no-return.ts'
import { noReturnRules, type NoReturnKind, type WayBack } from '../../src/policy/no-return-rules.ts'

const ways: readonly WayBack[] = [...strategies, 'undo']
const kinds = Object.keys(noReturnRules) as NoReturnKind[]
const evidence = [{ what: 'migrations', value: 'V5 drops a column', source: 'files', at: '2026-05-01T00:00:00Z' }] as const
const saw = (kind: NoReturnKind, status: NoReturnResult['status']): NoReturnResult => ({ kind, status, evidence })
const judge = (results: readonly NoReturnResult[], accepted: readonly NoReturnAcceptance[] = [], asked = results.map(({ kind }) => kind)) =>
  judgeNoReturn({ ways, kinds: asked, results, accepted })

describe('a point of no return closes ways back', () => {
  it('leaves all open when it is not reached', () => {
    expect(judge(kinds.map((kind) => saw(kind, 'passed')))).toEqual({ allowed: ways, closed: [], unknown: [], accepted: [] })
  })

  it('an irreversible migration forbids the full return and leaves restore and repair', () => {
    const judgement = judge([saw('irreversible-migration', 'failed')])
    expect(judgement.allowed).toEqual(['flag-off', 'config', 'infra', 'data-restore', 'fix-forward', 'undo'])
    expect(judgement.closed.map(({ way, because }) => [way, because[0]?.how])).toEqual([
      ['partial', 'not-accepted'],
      ['full', 'forbidden'],
    ])
    expect(judgement.closed[1]?.because).toMatchObject([{ kind: 'irreversible-migration', status: 'failed', evidence }])
    expect(judgement.closed[0]?.because[0]).toHaveProperty('consequence')
    expect(judgement.closed[1]?.because[0]).not.toHaveProperty('consequence')
  })

  it('a stale backup forbids the restore until a dump was taken', () => {
    const [closed] = judge([saw('stale-backup', 'failed')]).closed
    expect(closed).toMatchObject({
      way: 'data-restore',
      because: [{ how: 'forbidden', remedy: 'Take a dump now, verify it, and look again.' }],
    })
    expect(judge([saw('stale-backup', 'passed')]).allowed).toContain('data-restore')
  })

  it('external effects ask for a word, and say what it means', () => {
    const closed = judge([saw('external-effects', 'failed')]).closed
    expect(closed.map(({ way }) => way)).toEqual(['partial', 'full', 'data-restore'])
    expect(closed[0]?.because[0]).toMatchObject({
      how: 'not-accepted',
      consequence: 'Other systems keep what they were told; it is not taken back.',
    })
  })

  it('explains itself with the question and what was seen', () => {
    const explained = (result: NoReturnResult) => judge([result]).closed[0]?.because[0]?.explanation
    expect(explained(saw('old-server-deleted', 'failed'))).toBe('Was the replaced database server deleted? Yes.')
    expect(explained(saw('old-server-deleted', 'unknown'))).toBe('Was the replaced database server deleted? It could not be seen.')
    expect(explained({ ...saw('old-server-deleted', 'failed'), detail: 'deleted on Monday' })).toBe(
      'Was the replaced database server deleted? Deleted on Monday.',
    )
    expect(judge([], [], ['old-server-deleted']).closed[0]?.because[0]?.explanation).toContain('Nobody has looked.')
  })

  it.each(['old-server-deleted', 'state-serial-moved', 'node-data-removed', 'release-uninstalled'] as const)(
    '%s closes the way back of the run itself',
    (kind) => {
      expect(judge([saw(kind, 'failed')]).allowed).not.toContain('undo')
    },
  )
})

describe('what could not be seen forbids as much', () => {
  it.each(kinds)('%s', (kind) => {
    const seen = judge([saw(kind, 'failed')])
    for (const other of [judge([saw(kind, 'unknown')]), judge([], [], [kind])]) {
      expect(other.allowed).toEqual(seen.allowed)
      expect(other.unknown).toEqual([kind])
    }
  })

  it('takes the worst of several looks', () => {
    expect(judge([saw('stale-backup', 'passed'), saw('stale-backup', 'failed')], [], ['stale-backup']).allowed).not.toContain(
      'data-restore',
    )
  })

  it('takes a word that is no status for unknown', () => {
    expect(judge([{ ...saw('stale-backup', 'passed'), status: 'ok' as never }]).unknown).toEqual(['stale-backup'])
  })
})

describe('an acceptance', () => {
  const accept = (kind: NoReturnKind, change: object = {}): NoReturnAcceptance => ({
    kind,
    actor: { id: 'ana' },
    reason: 'customers were told',
    ...change,
  })

  it('opens what is asked about, and is kept for the report', () => {
    const judgement = judge([saw('external-effects', 'failed')], [accept('external-effects')])
    expect(judgement).toMatchObject({ allowed: ways, closed: [], accepted: [{ actor: { id: 'ana' } }] })
  })

  it('does not open what is forbidden', () => {
    const judgement = judge([saw('irreversible-migration', 'failed')], [accept('irreversible-migration')])
    expect(judgement.allowed).toContain('partial')
    expect(judgement.closed.map(({ way }) => way)).toEqual(['full'])
  })

  it.each([{ actor: { id: ' ' } }, { reason: '' }])('does not count with %j', (change) => {
    expect(judge([saw('external-effects', 'failed')], [accept('external-effects', change)]).allowed).not.toContain('full')
  })

  it('does not count for another kind, and is not kept where it made no difference', () => {
    expect(judge([saw('external-effects', 'failed')], [accept('clients-upgraded')])).toMatchObject({ accepted: [] })
    expect(judge([saw('external-effects', 'passed')], [accept('external-effects')])).toMatchObject({ accepted: [] })
    expect(judge([saw('stale-backup', 'failed'), saw('external-effects', 'failed')], [accept('external-effects')]).accepted).toHaveLength(1)
    expect(judge([saw('stale-backup', 'failed')], [accept('stale-backup')]).accepted).toEqual([])
  })
})

describe('the rules', () => {
  it.each(kinds)('%s names itself, closes something, and says what an acceptance means', (kind) => {
    const rule = noReturnRules[kind]
    expect(rule.kind).toBe(kind)
    expect(rule.forbids.length + rule.asks.length).toBeGreaterThan(0)
    expect('consequence' in rule).toBe(rule.asks.length > 0)
    expect(rule.asks.filter((way) => rule.forbids.includes(way))).toEqual([])
  })
})

const result = fc
  .record({ kind: fc.constantFrom(...kinds), status: fc.constantFrom('passed' as const, 'failed' as const, 'unknown' as const) })
  .map(({ kind, status }) => saw(kind, status))
const settings = { seed: 20260506, numRuns: 500 }

it('a repair forward always remains', () => {
  fc.assert(
    fc.property(fc.array(result, { maxLength: 12 }), (results) => {
      expect(judge(results, [], kinds).allowed).toContain('fix-forward')
    }),
    settings,
  )
})

it('knowing something worse never opens a way', () => {
  fc.assert(
    fc.property(
      fc.array(result, { maxLength: 12 }),
      fc.nat(),
      fc.constantFrom('failed' as const, 'unknown' as const),
      (results, place, status) => {
        const worse = results.map((entry, index) =>
          index === place % Math.max(1, results.length) && entry.status === 'passed' ? { ...entry, status } : entry,
        )
        const before = judge(results, [], kinds).allowed
        for (const way of judge(worse, [], kinds).allowed) expect(before).toContain(way)
      },
    ),
    settings,
  )
})

it('every way is either open or closed with a reason', () => {
  fc.assert(
    fc.property(fc.array(result, { maxLength: 12 }), fc.subarray(kinds), (results, asked) => {
      const judgement = judge(results, [], asked)
      expect([...judgement.allowed, ...judgement.closed.map(({ way }) => way)].toSorted()).toEqual(ways.toSorted())
      for (const { because } of judgement.closed) expect(because.length).toBeGreaterThan(0)
    }),
    settings,
  )
})
