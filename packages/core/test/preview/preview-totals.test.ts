import { describe, expect, it } from 'vitest'
import { during, fallback, optional, sequence, together, togetherAtMost, when } from '../../src/plan/combinators.ts'
import { is } from '../../src/plan/conditions.ts'
import { gate, observe, require } from '../../src/plan/nodes.ts'
import { totalsOf } from '../../src/preview/preview-totals.ts'
import { branchStates } from '../../src/preview/preview-tree.ts'
import { verdictOf } from '../../src/preview/verdict.ts'
import type { Preview } from '../../src/preview/preview.ts'
import type { SealedChoose, SealedCondition } from '../../src/seal/sealed-plan.ts'
import { planOf } from '../lint/expect-rule.ts'
import { check, query, step } from '../lint/stub-steps.ts'
import { hazardousPreview } from './hazardous-preview.ts'
import { blockedPreview, previewOf, smallPreview } from './sample-previews.ts'

const work = (name: string) => step('x.work', name, 'reversible')
const taking = (duration: '10s' | '30s', downtime?: '5s') => ({
  preparation: { estimate: { duration, ...(downtime === undefined ? {} : { downtime }) } },
})
const refused = { state: 'refused', refusal: { code: 'TARGET_NOT_FOUND', message: 'gone', hint: 'Look elsewhere.' } } as const
const headline = (preview: Preview): string => verdictOf(preview, totalsOf(preview)).headline

describe('totals', () => {
  it('lists every loss with its step, what may be lost later, and the points of no return', async () => {
    const totals = totalsOf(await hazardousPreview())
    expect(totals).toMatchObject({
      risk: 'point-of-no-return',
      changes: 7,
      steps: 7,
      late: 1,
      pointsOfNoReturn: ['queue.purge@shop/outbox'],
      mayLoseData: ['db-restore.copy-table@orders/coupons'],
      blockers: [],
    })
    expect(totals.dataLoss.map(({ step: id, resource, rows }) => [id, resource, rows])).toEqual([
      ['db-migrations.undo-migrations@orders', 'postgres/orders/public', 1204],
      ['db-migrations.undo-migrations@orders', 'postgres/orders/public.gift_note', 812],
      ['queue.purge@shop/outbox', 'amqp/shop/outbox', 31],
    ])
  })
  it('marks the loss of an alternative, and leaves out what is not taken', async () => {
    const loses = {
      preparation: { changes: [{ resource: 'db', action: 'update', dataLoss: { what: 'orders' } }], risk: ['data-loss'] },
    } as const
    const plan = planOf(fallback(step('x.y', 'first', 'reversible'), step('x.y', 'second', 'data-loss')), step('x.y', 'third', 'data-loss'))
    const preview = await previewOf(plan, {
      'x.y@second': { ...loses, state: 'alternative' },
      'x.y@third': { ...loses, state: 'not-taken', risk: [] },
    })
    expect(totalsOf(preview).dataLoss).toEqual([{ step: 'x.y@second', resource: 'db', what: 'orders', onlyIf: true }])
    expect(headline(preview)).toBe('CAN RUN, but it may lose data')
  })
  it('counts a step that refused with its worst case', async () => {
    const preview = await previewOf(planOf(step('x.y', 'swap', 'data-loss')), { 'x.y@swap': refused })
    expect(totalsOf(preview)).toMatchObject({ risk: 'data-loss', steps: 0, mayLoseData: ['x.y@swap'] })
  })
  it('adds times in a row, and takes the longest of those beside each other', async () => {
    const plan = planOf(
      work('a'),
      together(work('b'), sequence(work('c'), work('d'))),
      observe({ name: 'o', checks: [check('c.c', 'o')], for: '5m', deadline: '10m' }),
    )
    const about = { 'x.work@a': taking('10s', '5s'), 'x.work@b': taking('30s', '5s'), 'x.work@c': taking('10s'), 'x.work@d': taking('10s') }
    expect(totalsOf(await previewOf(plan, about))).toMatchObject({
      durationMs: { known: 340_000, stepsWithout: 0 },
      downtimeMs: { known: 10_000, stepsWithout: 2 },
    })
  })
  it('knows that few at a time take longer', async () => {
    const names = ['a', 'b', 'c', 'd']
    const about = Object.fromEntries(names.map((name) => [`x.work@${name}`, taking('10s')]))
    expect(totalsOf(await previewOf(planOf(togetherAtMost(2, ...names.map(work))), about)).durationMs.known).toBe(20_000)
  })
  it('counts steps without an estimate, and the way out of a scope', async () => {
    const plan = planOf(during(step('x.scope', 's', 'reversible'), work('a')))
    const about = {
      'x.scope@s': { preparation: { estimate: { duration: '10s' }, undo: { risk: 'reversible', estimate: { duration: '30s' } } } },
    } as const
    expect(totalsOf(await previewOf(plan, about)).durationMs).toEqual({ known: 40_000, stepsWithout: 1 })
  })
  it('takes the first alternative, and only branches that may be taken', async () => {
    const state = query('q.state', 's', { differs: false as boolean })
    const plan = planOf(fallback(work('a'), work('b')), when(is(state.output.differs, true), work('c'), work('d')))
    const about = {
      'x.work@a': taking('10s'),
      'x.work@b': { ...taking('30s'), state: 'alternative' as const },
      'x.work@c': { state: 'not-taken' as const },
      'x.work@d': taking('10s'),
    }
    expect(totalsOf(await previewOf(plan, about)).durationMs).toEqual({ known: 20_000, stepsWithout: 0 })
  })
})

describe('blockers', () => {
  it('are refusals, blocking findings and preconditions that do not hold', async () => {
    expect(totalsOf(await blockedPreview()).blockers).toEqual([
      'require checks.errors@shop: Prometheus did not answer',
      'k8s.undo-rollout@prod/shop/checkout: Revision 41 of shop/checkout has no ReplicaSet any more',
      'k8s.undo-rollout@prod/shop/cart: Deployment shop/cart belongs to the Helm release shop',
    ])
  })
  it('are not there while another alternative is left', async () => {
    const plan = planOf(fallback(work('a'), work('b')))
    expect(headline(await previewOf(plan, { 'x.work@a': refused }))).toBe('CAN RUN: everything that it does can be put back')
    expect(headline(await previewOf(plan, { 'x.work@a': refused, 'x.work@b': refused }))).toBe('CANNOT RUN: 2 things block it')
  })
  it('are not there in a part that is optional or not taken', async () => {
    const state = query('q.state', 's', { differs: false as boolean })
    const plan = planOf(optional(work('a')), when(is(state.output.differs, true), work('b')), work('c'))
    expect(headline(await previewOf(plan, { 'x.work@a': refused, 'x.work@b': refused }))).toBe(
      'CAN RUN: everything that it does can be put back',
    )
  })
  it('count a precondition without data, not one that is asked later', async () => {
    const plan = planOf(require(check('c.c', 'a')), work('a'))
    const preview = async (status: 'unknown' | 'unhealthy' | 'progressing' | 'later' | 'healthy') =>
      headline(await previewOf(plan, {}, [{ id: 'require c.c@a', status, evidence: [] }]))
    expect(await preview('unknown')).toBe('CANNOT RUN: 1 thing blocks it')
    expect(await preview('unhealthy')).toBe('CANNOT RUN: 1 thing blocks it')
    expect(await preview('progressing')).toBe('CANNOT RUN: 1 thing blocks it')
    expect(await preview('later')).toMatch(/^CAN RUN/)
    expect(await preview('healthy')).toMatch(/^CAN RUN/)
  })
  it('count a blocker of lint', async () => {
    const preview = await previewOf(planOf(work('a')), {})
    expect(headline({ ...preview, findings: [{ level: 'blocker', code: 'a.b', message: 'm', hint: 'h' }] })).toBe(
      'CANNOT RUN: 1 thing blocks it',
    )
  })
})

describe('verdict', () => {
  it('says that nothing is left to do', async () => {
    expect(headline(await previewOf(planOf(work('a')), { 'x.work@a': { state: 'unchanged', risk: [] } }))).toBe(
      'NOTHING TO CHANGE: everything is at its target already',
    )
  })
  it('does not promise a way back that loses something', async () => {
    const preview = await previewOf(planOf(work('a')), {
      'x.work@a': { preparation: { undo: { risk: 'data-loss', loses: 'orders' }, risk: ['reversible'] } },
    })
    expect(headline(preview)).toBe('CAN RUN, but it loses data when it goes back')
    const oneWay = await previewOf(planOf(work('a')), {
      'x.work@a': { preparation: { undo: { risk: 'point-of-no-return' }, risk: ['reversible'] } },
    })
    expect(headline(oneWay)).toBe('CAN RUN, but it cannot be put back as a whole')
    const stuck = await previewOf(planOf(step('x.work', 'b', 'reversible', {}, { canUndo: false })), {
      'x.work@b': { preparation: { risk: ['reversible'] } },
    })
    expect(headline(stuck)).toBe('CAN RUN, but it cannot be put back as a whole')
  })
  it('names the costs', async () => {
    expect(headline(await smallPreview())).toBe('CAN RUN: everything that it does can be put back')
    expect(headline(await hazardousPreview())).toBe('CAN RUN, but it loses data and crosses 1 point of no return')
  })
})

describe('branches', () => {
  const gateAnswer: SealedCondition = { test: 'is', output: 'gate a.answer', value: 'x' }
  const holds: SealedCondition = { test: 'is', output: 'q.v', value: 1 }
  const choose = (...conditions: SealedChoose['conditions']): SealedChoose => ({
    type: 'choose',
    id: 'c',
    children: [],
    conditions,
    names: [],
  })
  it.each<[string, SealedChoose, readonly string[]]>([
    ['the first that holds is taken', choose({ test: 'not', of: holds }, holds, true), ['not-taken', 'taken', 'not-taken']],
    ['an answer of a person is open', choose(gateAnswer, { test: 'not', of: gateAnswer }), ['open', 'open']],
    ['behind an open one nothing is certain', choose(gateAnswer, holds, true), ['open', 'open', 'not-taken']],
    ['one that cannot hold is not taken, open or not', choose(gateAnswer, { test: 'not', of: holds }, true), ['open', 'not-taken', 'open']],
  ])('%s', (_, given, states) => {
    expect(branchStates(given, { q: { v: 1 } })).toEqual(states)
  })
  it('are open while a gate decides', async () => {
    const which = gate.decision({ name: 'w', role: 'r', options: ['a', 'b'], timeBox: '5m', onTimeout: 'escalate' })
    const preview = await previewOf(planOf(which, when(is(which.output.answer, 'a'), work('a'))), { 'x.work@a': taking('10s') })
    expect(totalsOf(preview).durationMs.known).toBe(10_000)
  })
})
