import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change, DataLoss, Preparation } from '../../src/contract/preparation.ts'
import { isWithinApproval } from '../../src/preview/approval-bounds.ts'
import { approvalHash, previewHash } from '../../src/preview/approval-hash.ts'
import { smallPreview } from './sample-previews.ts'

const loss: DataLoss = {
  what: 'discount codes',
  from: '2026-11-22T04:30:00Z',
  to: '2026-11-23T03:00:00Z',
  rows: 10,
  rowsAtMost: 20,
  keptIn: 'salvage_1',
}
const change: Change = { resource: 'postgres/orders', action: 'update', before: 'schema 43', after: 'schema 41', dataLoss: loss }
const approved: Preparation = {
  prepared: {},
  summary: 'Take orders back',
  changes: [change],
  guards: [],
  leases: [],
  risk: ['data-loss'],
  undo: { risk: 'reversible' },
}
const withLoss = (other: Partial<DataLoss>): Preparation => ({ ...approved, changes: [{ ...change, dataLoss: { ...loss, ...other } }] })
const withoutLoss = (...keys: readonly (keyof DataLoss)[]): Preparation => {
  const dataLoss = Object.fromEntries(Object.entries(loss).filter(([key]) => !keys.includes(key as keyof DataLoss))) as unknown as DataLoss
  return { ...approved, changes: [{ ...change, dataLoss }] }
}
const other: Change = { resource: 'postgres/orders.gift_note', action: 'delete' }

describe('approvalHash', () => {
  it.each<[string, Preparation]>([
    ['identity after', { ...approved, changes: [{ ...change, after: 'schema 40' }] }],
    ['action', { ...approved, changes: [{ ...change, action: 'replace' }] }],
    ['resource', { ...approved, changes: [{ ...change, resource: 'postgres/carts' }] }],
    ['another change', { ...approved, changes: [change, other] }],
    ['risk', { ...approved, risk: ['data-loss', 'point-of-no-return'] }],
    ['risk of going back', { ...approved, undo: { risk: 'data-loss' } }],
    ['what is lost', withLoss({ what: 'orders' })],
    ['start of the lost time', withLoss({ from: '2026-11-20T00:00:00Z' })],
    ['end of the lost time', withLoss({ to: '2026-11-24T00:00:00Z' })],
    ['limit of rows', withLoss({ rowsAtMost: 21 })],
    ['place where it is kept', withoutLoss('keptIn')],
  ])('binds the %s', (_, changed) => {
    expect(approvalHash('step', changed)).not.toBe(approvalHash('step', approved))
  })
  it.each<[string, Preparation]>([
    ['counted rows', withLoss({ rows: 11 })],
    ['identity before', { ...approved, changes: [{ ...change, before: 'schema 42' }] }],
    ['fields', { ...approved, changes: [{ ...change, fields: [{ path: 'a', before: 'b' }] }] }],
    ['guards', { ...approved, guards: [{ resource: 'r', property: 'resourceVersion', equals: '7' }] }],
    ['summary', { ...approved, summary: 'Other words' }],
    ['estimate', { ...approved, estimate: { duration: '5s' } }],
    ['findings', { ...approved, findings: [{ level: 'info', code: 'a.b', message: 'm', hint: 'h' }] }],
    ['prepared data', { ...approved, prepared: { mark: 'x' } }],
  ])('does not bind %s', (_, changed) => {
    expect(approvalHash('step', changed)).toBe(approvalHash('step', approved))
  })
  it('binds the step', () => {
    expect(approvalHash('a', approved)).not.toBe(approvalHash('b', approved))
  })
  it('does not depend on the order in which changes or risks were listed', () => {
    const one: Preparation = { ...approved, changes: [change, other], risk: ['data-loss', 'reversible'] }
    const two: Preparation = { ...approved, changes: [other, change], risk: ['reversible', 'data-loss'] }
    expect(approvalHash('a', one)).toBe(approvalHash('a', two))
  })
  it('takes no undo for a reversible one', () => {
    const { undo, ...plain } = approved
    expect(undo).toEqual({ risk: 'reversible' })
    expect(approvalHash('a', plain)).toBe(approvalHash('a', approved))
  })
})

describe('previewHash', () => {
  it('changes with the plan and with every approval hash, not with the order or the rest of the steps', async () => {
    const { plan, steps, hash } = await smallPreview()
    const [first] = steps
    expect(previewHash(plan, steps.toReversed())).toBe(hash)
    expect(
      previewHash(
        plan,
        steps.map((step) => ({ ...step, summary: 'other' })),
      ),
    ).toBe(hash)
    expect(previewHash({ ...plan, hash: 'other' }, steps)).not.toBe(hash)
    expect(previewHash(plan, [{ ...first!, approvalHash: 'other' }])).not.toBe(hash)
    expect(previewHash(plan, [])).not.toBe(hash)
  })
})

describe('isWithinApproval', () => {
  const whyNot = (now: Preparation, was = approved): string => {
    const answer = isWithinApproval(was, now)
    return answer.within ? 'within' : answer.why
  }
  it.each<[string, Preparation]>([
    ['the same', approved],
    ['fewer rows', withLoss({ rows: 3 })],
    ['as many rows as accepted', withLoss({ rows: 20 })],
    ['a lower limit', withLoss({ rowsAtMost: 12 })],
    ['a shorter time', withLoss({ from: '2026-11-22T05:00:00Z', to: '2026-11-22T06:00:00Z' })],
    ['a time in another form', withLoss({ from: '2026-11-22T04:30:00.000Z' })],
    ['another place where it is kept', withLoss({ keptIn: 'salvage_2' })],
    ['no loss any more', { ...approved, changes: [{ resource: change.resource, action: 'update', after: 'schema 41' }] }],
    ['no change any more', { ...approved, changes: [], risk: [] }],
    ['a change that does nothing', { ...approved, changes: [change, { resource: 'x', action: 'none' }] }],
    ['rows that were not counted, under the same limit', withoutLoss('rows')],
    ['other guards, words and identity before', { ...approved, summary: 'x', guards: [], changes: [{ ...change, before: 'schema 44' }] }],
  ])('accepts %s', (_, now) => {
    expect(whyNot(now)).toBe('within')
  })
  it.each<[string, Preparation, string]>([
    ['more rows', withLoss({ rows: 21 }), 'postgres/orders: 21 rows would be lost, and at most 20 were approved'],
    ['a higher limit', withLoss({ rowsAtMost: 22 }), 'postgres/orders: the step would accept up to 22 rows, and at most 20 were approved'],
    ['no limit any more', withoutLoss('rowsAtMost'), 'postgres/orders: the step sets no limit on the rows, and at most 20 were approved'],
    ['another loss', withLoss({ what: 'orders' }), 'postgres/orders: it would lose orders, and discount codes was approved'],
    ['a loss that is not kept', withoutLoss('keptIn'), 'postgres/orders: discount codes would not be kept in salvage_1'],
    [
      'an earlier start',
      withLoss({ from: '2026-11-22T04:29:59Z' }),
      'postgres/orders: it would lose writes from a longer time than was approved',
    ],
    ['an open end', withoutLoss('to'), 'postgres/orders: it would lose writes from a longer time than was approved'],
    [
      'another end',
      { ...approved, changes: [{ ...change, after: 'schema 40' }] },
      'postgres/orders: update to schema 40 is not what was approved (update to schema 41)',
    ],
    ['another object', { ...approved, changes: [change, other] }, 'postgres/orders.gift_note: delete was not approved'],
    [
      'the same change twice',
      { ...approved, changes: [change, change] },
      'postgres/orders: update to schema 41 is not what was approved (update to schema 41)',
    ],
    ['a worse risk', { ...approved, risk: ['data-loss', 'point-of-no-return'] }, 'the risk point-of-no-return was not approved'],
    ['a worse way back', { ...approved, undo: { risk: 'data-loss' } }, 'going back is now data-loss, and reversible was approved'],
  ])('refuses %s', (_, now, why) => {
    expect(whyNot(now)).toBe(why)
  })
  it('refuses a loss where none was approved', () => {
    const was: Preparation = { ...approved, changes: [{ resource: change.resource, action: 'update', after: 'schema 41' }] }
    expect(whyNot(approved, was)).toBe('postgres/orders: losing discount codes was not approved')
  })
  it('takes the rows that were shown for the limit when there is none', () => {
    const was = withoutLoss('rowsAtMost')
    expect(whyNot(was, was)).toBe('within')
    expect(whyNot({ ...was, changes: [{ ...change, dataLoss: { ...was.changes[0]!.dataLoss!, rows: 11 } }] }, was)).toBe(
      'postgres/orders: 11 rows would be lost, and at most 10 were approved',
    )
    expect(whyNot(withoutLoss('rows', 'rowsAtMost'), was)).toBe(
      'postgres/orders: the step sets no limit on the rows, and at most 10 were approved',
    )
  })
  it('takes each approved change once, whatever their order', () => {
    const small = { ...change, dataLoss: { ...loss, rows: 1, rowsAtMost: 2 } }
    expect(whyNot({ ...approved, changes: [change, small] }, { ...approved, changes: [small, change] })).toBe('within')
  })
  it('holds for every preparation and itself, and for its hash', () => {
    const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })
    const clean = <T extends object>(given: object): T =>
      Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T
    const losses = fc
      .record({
        what: fc.constantFrom('orders', 'codes'),
        from: optional(fc.constant('2026-11-22T04:30:00Z')),
        rows: optional(fc.nat(9)),
        rowsAtMost: optional(fc.nat(9)),
        keptIn: optional(fc.constant('t')),
      })
      .filter(({ rows, rowsAtMost }) => rows === undefined || rowsAtMost === undefined || rows <= rowsAtMost)
    const changes = fc.record({
      resource: fc.constantFrom('a', 'b'),
      action: fc.constantFrom('update', 'delete', 'none'),
      after: optional(fc.constantFrom('1', '2')),
      dataLoss: optional(losses.map((given) => clean<DataLoss>(given))),
    })
    const list = fc.array(
      changes.map((given) => clean<Change>(given)),
      { maxLength: 4 },
    )
    fc.assert(
      fc.property(list, (given) => {
        const one: Preparation = { ...approved, changes: given }
        expect(isWithinApproval(one, one)).toEqual({ within: true })
        expect(approvalHash('a', { ...one, changes: given.toReversed() })).toBe(approvalHash('a', one))
      }),
      { seed: 3, numRuns: 500 },
    )
  })
})
