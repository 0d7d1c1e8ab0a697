import { defineCheck, defineQuery } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { testContext } from './contexts.ts'
import { demoStep, demoWork } from './demo-step.ts'
import { failureOf } from './failure-of.ts'

describe('what comes from a journal is held against the schemas', () => {
  it.each(['probe', 'execute', 'verify', 'compensate'] as const)(
    'prepared data of another version is JOURNAL_CORRUPT in %s',
    async (method) => {
      const work = demoWork({ prepared: { before: 'old' }, receipt: { value: 'x' } }) as never
      const failure = await failureOf(() => demoStep()[method]?.(work, testContext()))
      expect(failure).toMatchObject({
        code: 'JOURNAL_CORRUPT',
        effect: 'unknown',
        message: expect.stringContaining('demo.set prepared: to: '),
      })
      expect(failure.hint).toContain('Resume with the version that started the run')
    },
  )

  it('a receipt of another version is JOURNAL_CORRUPT', async () => {
    const work = demoWork({ receipt: { value: 7 } as never })
    expect(await failureOf(() => demoStep().probe(work, testContext()))).toMatchObject({
      code: 'JOURNAL_CORRUPT',
      message: expect.stringContaining('demo.set receipt: value: '),
    })
  })

  it('a snapshot of another version is SNAPSHOT_MISSING', async () => {
    const step = demoStep({ snapshot: z.object({ rules: z.string() }) })
    expect(await failureOf(() => step.execute(demoWork({ snapshot: { rules: 1 } }), testContext()))).toMatchObject({
      code: 'SNAPSHOT_MISSING',
      effect: 'unknown',
      message: expect.stringContaining('demo.set snapshot: rules: '),
    })
    expect(await failureOf(() => step.execute(demoWork(), testContext()))).toMatchObject({ code: 'SNAPSHOT_MISSING' })
  })

  it('and nothing of the step is called then', async () => {
    let called = 0
    const step = demoStep({
      execute: async () => {
        called++
        return { value: '' }
      },
    })
    await failureOf(() => step.execute(demoWork({ prepared: {} }), testContext()))
    expect(called).toBe(0)
  })

  it('what fits is handed on parsed: fields of a newer version are dropped', async () => {
    const step = demoStep({
      probe: async ({ prepared, receipt }: { prepared: object; receipt: object }) => ({
        at: 'elsewhere',
        detail: JSON.stringify({ prepared, receipt }),
      }),
    })
    const work = demoWork({ prepared: { before: 'old', to: 'new', more: 1 }, receipt: { value: 'x', more: 1 } as never })
    expect(await step.probe(work, testContext())).toEqual({
      at: 'elsewhere',
      detail: '{"prepared":{"before":"old","to":"new"},"receipt":{"value":"x"}}',
    })
  })

  it('a receipt that a person reports is checked as such', async () => {
    expect(demoStep().parseReceipt({ value: 'x' })).toEqual({ value: 'x' })
    expect(await failureOf(() => demoStep().parseReceipt({}))).toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining('value: '),
    })
  })
})

const good = { prepared: { before: '', to: '' }, summary: '', changes: [], guards: [], leases: [], risk: [] }

describe('nonsense from a method is a defect of the step, named by its field', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'preparation: expected an object, received undefined'],
    ['a list', [good], 'preparation: expected an object, received a list'],
    ['no summary', { ...good, summary: undefined }, 'summary: expected text, received undefined'],
    ['no changes', { ...good, changes: undefined }, 'changes: expected a list, received undefined'],
    ['a change that is a text', { ...good, changes: ['x'] }, 'changes.0: expected an object'],
    [
      'an action that does not exist',
      { ...good, changes: [{ resource: 'x', action: 'destroy' }] },
      'changes.0.action: expected one of create',
    ],
    ['a guard without a value', { ...good, guards: [{ resource: 'x', property: 'y' }] }, 'guards.0.equals: expected text'],
    ['a lease that is no text', { ...good, leases: [7] }, 'leases.0: expected text, received number'],
    ['a risk that does not exist', { ...good, risk: ['harmless'] }, 'risk.0: expected one of none'],
    ['risk as a text', { ...good, risk: 'reversible' }, 'risk: expected a list'],
    ['a finding without a hint', { ...good, findings: [{ level: 'info', code: 'a.b', message: '' }] }, 'findings.0.hint: expected text'],
    ['prepared that does not fit', { ...good, prepared: { before: 1 } }, 'prepared: before: '],
    ['no prepared', { ...good, prepared: undefined }, 'prepared: '],
  ])('prepare: %s', async (_, returned, says) => {
    const failure = await failureOf(() => demoStep({ prepare: async () => returned }).prepare(testContext()))
    expect(failure).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining(says) })
    expect(failure.hint).toContain('defect of the step')
  })

  it('prepare: a snapshot that does not fit', async () => {
    const step = demoStep({ snapshot: z.object({ rules: z.string() }), prepare: async () => ({ ...good, snapshot: { rules: 1 } }) })
    expect(await failureOf(() => step.prepare(testContext()))).toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('snapshot: rules: '),
    })
  })

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'position: expected an object'],
    ['a boolean', true, 'position: expected an object, received boolean'],
    ['a place that does not exist', { at: 'gone' }, 'at: expected one of before'],
    ['no reason', { at: 'elsewhere' }, 'detail: expected text'],
    ['no receipt', { at: 'after' }, 'receipt: '],
    ['a receipt that does not fit', { at: 'after', receipt: { value: 7 } }, 'receipt: value: '],
  ])('probe: %s', async (_, returned, says) => {
    const failure = await failureOf(() => demoStep({ probe: async () => returned }).probe(demoWork(), testContext()))
    expect(failure).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining(says) })
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a receipt that does not fit', { value: 7 }],
  ])('execute: %s leaves the step in doubt', async (_, returned) => {
    const failure = await failureOf(() => demoStep({ execute: async () => returned }).execute(demoWork(), testContext()))
    expect(failure).toMatchObject({ code: 'INTERNAL', effect: 'unknown' })
  })

  const verdicts: readonly (readonly [string, unknown, string])[] = [
    ['nothing', undefined, 'verdict: expected an object'],
    ['a boolean', true, 'verdict: expected an object'],
    ['a status that does not exist', { status: 'ok', evidence: [] }, 'status: expected one of healthy'],
    ['no evidence', { status: 'healthy' }, 'evidence: expected a list'],
    ['evidence without a time', { status: 'healthy', evidence: [{ what: '', value: '', source: '' }] }, 'evidence.0.at: expected text'],
    ['unhealthy without what was expected', { status: 'unhealthy', evidence: [], actual: '' }, 'expected: expected text'],
    ['no data without a reason', { status: 'unknown', evidence: [] }, 'reason: expected text'],
    ['on its way without where', { status: 'progressing', evidence: [] }, 'actual: expected text'],
  ]

  it.each(verdicts)('verify: %s', async (_, returned, says) => {
    const work = { ...demoWork(), receipt: { value: 'x' } }
    const failure = await failureOf(() => demoStep({ verify: async () => returned }).verify(work, testContext()))
    expect(failure).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining(says) })
  })

  it.each(verdicts)('a check: %s', async (_, returned, says) => {
    const parts = { kind: 'demo.look', options: z.strictObject({}), target: () => ({ system: 'demo', name: 'x' }) } as const
    const check = defineCheck({ ...parts, sample: async () => returned as never })({})
    expect(await failureOf(() => check.sample(testContext()))).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining(says) })
  })

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'restoration: expected an object'],
    ['no evidence', {}, 'evidence: expected a list'],
    ['something left without a reason', { evidence: [], notRestored: [{ what: 'rows' }] }, 'notRestored.0.why: expected text'],
  ])('compensate: %s leaves the undo in doubt', async (_, returned, says) => {
    const failure = await failureOf(() => demoStep({ compensate: async () => returned }).compensate?.(demoWork(), testContext()))
    expect(failure).toMatchObject({ code: 'INTERNAL', effect: 'unknown', message: expect.stringContaining(says) })
  })

  it('an answer of a query that does not fit', async () => {
    const query = defineQuery({
      kind: 'demo.find',
      options: z.strictObject({}),
      result: z.object({ at: z.string() }),
      target: () => ({ system: 'demo', name: 'x' }),
      read: async () => ({ at: 7 }) as never,
    })({})
    expect(await failureOf(() => query.read(testContext()))).toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('demo.find answer: at: '),
    })
  })

  it('says what kind of thing came, never the thing itself', async () => {
    const failure = await failureOf(() =>
      demoStep({ prepare: async () => ({ ...good, risk: 'hunter2', summary: 'x' }) }).prepare(testContext()),
    )
    expect(failure.message).not.toContain('hunter2')
  })
})
