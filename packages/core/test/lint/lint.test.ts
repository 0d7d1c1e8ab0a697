import { describe, expect, it } from 'vitest'
import { RollbackError } from '../../src/contract/errors.ts'
import { coreRules } from '../../src/lint/core-rules.ts'
import { lint } from '../../src/lint/lint.ts'
import { defineRule, type LintRule } from '../../src/lint/rule.ts'
import { sameTargetBeside } from '../../src/lint/rules/same-target-beside.ts'
import { together } from '../../src/plan/combinators.ts'
import type { Preview, PreviewedStep } from '../../src/preview/preview.ts'
import type { SealedPlan } from '../../src/seal/sealed-plan.ts'
import { planOf } from './expect-rule.ts'
import { sealed, step } from './stub-steps.ts'

const undo = (name = 'api') => step('k8s.undo-rollout', name, 'reversible')
const rule = (code: LintRule['code'], rest: Partial<LintRule> = {}): LintRule =>
  defineRule({
    code,
    level: 'warning',
    page: 'docs/x.md',
    reason: 'because',
    check: () => [{ message: `${code} says`, hint: 'Do it.' }],
    ...rest,
  })
const previewOf = (plan: SealedPlan, steps: readonly PreviewedStep[]): Preview => ({
  format: 'backstep-preview/v1',
  plan,
  at: '2026-11-23T03:00:00Z',
  steps,
  requires: [],
  findings: [],
  hash: '',
})
const previewed = (id: string, leases: readonly string[]): PreviewedStep => ({
  id,
  state: 'ready',
  kind: 'x.y',
  target: '',
  summary: '',
  risk: [],
  changes: [],
  guards: [],
  leases,
  findings: [],
  waitsFor: [],
})

describe('lint', () => {
  it('gives each finding the level, code and page of its rule', async () => {
    expect(lint(await sealed(planOf(undo())), { rules: [rule('team.own-rule')] })).toEqual([
      { level: 'warning', code: 'team.own-rule', message: 'team.own-rule says', hint: 'Do it.', page: 'docs/x.md' },
    ])
  })
  it('puts blockers first, then sorts by code and message', async () => {
    const two = rule('b.two', {
      check: () => [
        { message: 'z', hint: '' },
        { message: 'a', hint: '' },
        { message: 'm', hint: '', level: 'blocker' },
      ],
    })
    const found = lint(await sealed(planOf(undo())), { rules: [rule('c.info', { level: 'info' }), two, rule('a.one')] })
    expect(found.map(({ level, code, message }) => `${level} ${code} ${message}`)).toEqual([
      'blocker b.two m',
      'warning a.one a.one says',
      'warning b.two a',
      'warning b.two z',
      'info c.info c.info says',
    ])
  })
  it('makes a finding of a rule that throws, and asks the others', async () => {
    const broken = rule('team.broken', {
      check: () => {
        throw new TypeError('no such field')
      },
    })
    expect(lint(await sealed(planOf(undo())), { rules: [broken, rule('team.works')] })).toMatchObject([
      {
        level: 'warning',
        code: 'lint.rule-failed',
        message: 'The rule team.broken failed, so its mistake was not looked for: no such field',
        page: 'docs/lint/lint.rule-failed.md',
      },
      { code: 'team.works' },
    ])
  })
  it('makes a finding of a rule that returns nonsense', async () => {
    const nonsense = rule('team.nonsense', { check: () => undefined as never })
    expect(lint(await sealed(planOf(undo())), { rules: [nonsense] })).toMatchObject([{ code: 'lint.rule-failed' }])
  })
  it('refuses two rules of one code, and a code of its own', async () => {
    const plan = await sealed(planOf(undo()))
    expect(() => lint(plan, { rules: [...coreRules, rule('plan.mutable-tag')] })).toThrow(RollbackError)
    expect(() => lint(plan, { rules: [rule('lint.rule-failed')] })).toThrow('two rules have the code lint.rule-failed')
  })
  it('uses the core rules when none are given', async () => {
    expect(lint(await sealed(planOf(undo()))).map(({ code }) => code)).toEqual(['plan.change-without-check'])
  })
  it('knows from a preview that two steps write one object, whatever their targets are called', async () => {
    const plan = await sealed(planOf(together(undo('api'), step('helm.rollback', 'shop', 'reversible'))))
    const lease = 'k8s:uid/apps/Deployment/api'
    const preview = previewOf(plan, [previewed('k8s.undo-rollout@api', [lease]), previewed('helm.rollback@shop', ['helm:shop', lease])])
    expect(lint(plan, { rules: [sameTargetBeside] })).toEqual([])
    expect(lint(plan, { rules: [sameTargetBeside], preview })).toMatchObject([
      { level: 'blocker', message: '"k8s.undo-rollout@api" and "helm.rollback@shop" run beside each other and write the same object' },
    ])
  })
})

describe('defineRule', () => {
  it.each([
    [{ code: 'Plan.Wrong' as const }, 'code is not'],
    [{ code: 'nodots' as never }, 'code is not'],
    [{ level: 'fatal' as never }, 'level "fatal"'],
    [{ page: ' ' }, 'page is empty'],
    [{ reason: '' }, 'reason is empty'],
  ])('refuses %j', (given, message) => {
    expect(() => rule('a.b', given)).toThrow(message)
  })
})
