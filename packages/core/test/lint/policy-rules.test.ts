import { describe, expect, it } from 'vitest'
import { lint } from '../../src/lint/lint.ts'
import { alwaysOfNestedPlan } from '../../src/lint/rules/always-of-nested-plan.ts'
import { blindRepeat } from '../../src/lint/rules/blind-repeat.ts'
import { compensateBlocked } from '../../src/lint/rules/compensate-blocked.ts'
import { dataWithWriters } from '../../src/lint/rules/data-with-writers.ts'
import { decisionByTimeout } from '../../src/lint/rules/decision-by-timeout.ts'
import { fallbackNeverReached } from '../../src/lint/rules/fallback-never-reached.ts'
import { fallbackRepeatsItself } from '../../src/lint/rules/fallback-repeats-itself.ts'
import { noReturnInsideScope } from '../../src/lint/rules/no-return-inside-scope.ts'
import { scopeHardToLeave } from '../../src/lint/rules/scope-hard-to-leave.ts'
import { during, fallback, named, onFailure, sequence } from '../../src/plan/combinators.ts'
import { gate, observe } from '../../src/plan/nodes.ts'
import { plan } from '../../src/plan/plan.ts'
import { isGroup, type SealedNode } from '../../src/seal/sealed-plan.ts'
import { findingsOf, messagesOf, planOf } from './expect-rule.ts'
import { check, sealed, step, tell } from './stub-steps.ts'

const undo = (name = 'api', options = {}) => step('k8s.undo-rollout', name, 'reversible', options)
const scope = (traits = {}) => step('k8s.maintenance', 'gateway', 'reversible', {}, traits)
const drop = () => step('db-restore.drop-kept', 'orders', 'point-of-no-return')
const watch = () => observe({ name: 'shop', checks: [check('checks.health', 'shop')], for: '5m', deadline: '30m' })
const approval = () => gate.approval({ name: 'go', roles: ['dba'] })

describe('plan.no-return-inside-scope', () => {
  it('finds a point of no return inside a scope', async () => {
    expect(await messagesOf(noReturnInsideScope, during(scope(), sequence(undo(), drop())))).toEqual([
      '"db-restore.drop-kept@orders" is a point of no return inside the scope of "k8s.maintenance@gateway"',
    ])
  })
  it('is content with one behind it', async () => {
    expect(await messagesOf(noReturnInsideScope, during(scope(), undo()), drop())).toEqual([])
  })
})

describe('plan.scope-hard-to-leave', () => {
  it('finds a plan that waits for people inside a scope that only a lease protects', async () => {
    expect(await messagesOf(scopeHardToLeave, during(scope({ fencing: 'lease-only' }), sequence(approval(), undo())))).toEqual([
      'The plan waits for people ("gate go") inside the scope of "k8s.maintenance@gateway", which only a lease protects',
    ])
  })
  it('is content with the gate before it, without a gate, or with a guarded scope', async () => {
    expect(await messagesOf(scopeHardToLeave, approval(), during(scope({ fencing: 'lease-only' }), undo()))).toEqual([])
    expect(await messagesOf(scopeHardToLeave, during(scope(), sequence(approval(), undo())))).toEqual([])
  })
  it('refuses a scope that could never be left', async () => {
    const made = await sealed(planOf(during(scope(), undo())))
    const locked = (node: SealedNode): SealedNode =>
      isGroup(node)
        ? { ...node, children: node.children.map(locked) }
        : node.kind === 'k8s.maintenance' && node.type === 'step'
          ? { ...node, canUndo: false }
          : node
    expect(lint({ ...made, tree: locked(made.tree) }, { rules: [scopeHardToLeave] })).toMatchObject([
      { level: 'blocker', message: 'The scope of "k8s.maintenance@gateway" can never be left: the step cannot be undone' },
    ])
  })
})

describe('plan.data-with-writers', () => {
  const swap = () => step('db-restore.swap', 'orders', 'data-loss', {}, { layer: 'data' })
  it('finds live data replaced under its writers, also inside a scope that does not stop them', async () => {
    expect(await messagesOf(dataWithWriters, swap())).toEqual(['"db-restore.swap@orders" replaces live data while its writers run'])
    expect(await messagesOf(dataWithWriters, during(scope(), swap()))).toHaveLength(1)
  })
  it('is content inside a scope that stops them', async () => {
    expect(await messagesOf(dataWithWriters, during(scope({ stopsWriters: true }), sequence(undo(), swap())))).toEqual([])
  })
})

describe('plan.fallback-repeats-itself', () => {
  it('finds an alternative that does the same again', async () => {
    expect(await messagesOf(fallbackRepeatsItself, fallback(undo('api', { to: 41 }), named('again', undo('api', { to: 41 }))))).toEqual([
      'A fallback tries "again/k8s.undo-rollout@api" with the same target and options as an alternative before it',
    ])
  })
  it('is content with another way to the same target, or another target', async () => {
    expect(await messagesOf(fallbackRepeatsItself, fallback(undo('api', { to: 41 }), step('helm.upgrade', 'api', 'reversible')))).toEqual(
      [],
    )
    expect(await messagesOf(fallbackRepeatsItself, fallback(undo('api', { to: 41 }), named('older', undo('api', { to: 40 }))))).toEqual([])
  })
})

describe('plan.fallback-never-reached', () => {
  it('finds an alternative that cannot be undone and is not the last', async () => {
    expect(await messagesOf(fallbackNeverReached, fallback(drop(), undo()))).toEqual([
      '"db-restore.drop-kept@orders" cannot be undone, so the alternatives after it never start once it ran',
    ])
  })
  it('is content with it as the last one', async () => {
    expect(await messagesOf(fallbackNeverReached, fallback(undo(), drop()))).toEqual([])
  })
})

describe('plan.blind-repeat', () => {
  const job = (traits: object, settings = {}) => step('ci.run-job', 'rollback', 'reversible', {}, traits, settings)
  it('finds repeats of what must not be repeated', async () => {
    expect(await messagesOf(blindRepeat, job({ idempotency: 'none' }, { attempts: 3 }))).toEqual([
      '"ci.run-job@rollback" is not idempotent, and is allowed 3 attempts',
    ])
  })
  it('finds a step that can neither be repeated nor taken back', async () => {
    expect(await messagesOf(blindRepeat, job({ idempotency: 'none', canUndo: false }))).toEqual([
      '"ci.run-job@rollback" is neither idempotent nor can it be undone',
    ])
  })
  it('is content with one attempt and a compensation, or with a key', async () => {
    expect(await messagesOf(blindRepeat, job({ idempotency: 'none' }))).toEqual([])
    expect(await messagesOf(blindRepeat, job({ idempotency: 'keyed', canUndo: false }, { attempts: 3 }))).toEqual([])
  })
})

describe('plan.compensate-blocked', () => {
  it('finds a step that going back cannot pass', async () => {
    const made = plan({ name: 'shop', onFailure: 'compensate', steps: sequence(undo(), drop(), watch()) })
    expect((await findingsOf(compensateBlocked, made)).map(({ message }) => message)).toEqual([
      `onFailure is 'compensate', but "db-restore.drop-kept@orders" cannot be undone: when "observe shop" fails after it, the run is blocked`,
    ])
  })
  it('is content when it comes last, or when the plan halts', async () => {
    const last = plan({ name: 'shop', onFailure: 'compensate', steps: sequence(undo(), watch(), drop(), tell('a.b', {})) })
    expect(await findingsOf(compensateBlocked, last)).toEqual([])
    expect(await messagesOf(compensateBlocked, undo(), drop(), watch())).toEqual([])
  })
  it('looks into parts with a policy of their own', async () => {
    expect(await messagesOf(compensateBlocked, onFailure('compensate', sequence(drop(), watch())))).toHaveLength(1)
    expect(await messagesOf(compensateBlocked, onFailure('compensate', drop()), watch())).toEqual([])
  })
  it('is not stirred by a failure that a part inside keeps to itself', async () => {
    const made = plan({ name: 'shop', onFailure: 'compensate', steps: onFailure('halt', sequence(drop(), watch())) })
    expect(await findingsOf(compensateBlocked, made)).toEqual([])
  })
  it('says it once when two policies cover the step', async () => {
    const made = plan({ name: 'shop', onFailure: 'compensate', steps: onFailure('compensate', sequence(drop(), watch())) })
    expect(await findingsOf(compensateBlocked, made)).toHaveLength(1)
  })
})

describe('plan.decision-by-timeout', () => {
  const decision = (onTimeout: 'wait' | 'escalate') =>
    gate.decision({ name: 'what', role: 'team', options: ['rollback', 'wait'], timeBox: '5m', onTimeout })
  it('finds a question that answers itself', async () => {
    expect(await messagesOf(decisionByTimeout, decision('wait'))).toEqual([
      '"gate what" answers itself with "wait" when nobody has decided within 5m',
    ])
  })
  it('is content when time-out calls a person', async () => {
    expect(await messagesOf(decisionByTimeout, decision('escalate'))).toEqual([])
  })
})

describe('plan.always-of-nested-plan', () => {
  const report = () => tell('report.incident', { id: '1' })
  it('finds the always of a nested plan, also below another prefix', async () => {
    const inner = plan({ name: 'undo', steps: undo(), always: [report()] })
    expect(await messagesOf(alwaysOfNestedPlan, named('first', inner))).toEqual([
      'The always of the nested plan "undo" runs at the end of the whole run, not when "undo" ends, and also when "undo" was not reached',
    ])
  })
  it('is content with the always of the outermost plan', async () => {
    const inner = plan({ name: 'undo', steps: undo() })
    expect(await findingsOf(alwaysOfNestedPlan, plan({ name: 'shop', steps: inner, always: [report()] }))).toEqual([])
  })
})
