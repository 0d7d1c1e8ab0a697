import { describe, expect, it } from 'vitest'
import { changeWithoutCheck } from '../../src/lint/rules/change-without-check.ts'
import { codeBeforeSchema } from '../../src/lint/rules/code-before-schema.ts'
import { hazardWithoutApproval } from '../../src/lint/rules/hazard-without-approval.ts'
import { irreversibleBeforeReversible } from '../../src/lint/rules/irreversible-before-reversible.ts'
import { lateRequire } from '../../src/lint/rules/late-require.ts'
import { sameTargetBeside } from '../../src/lint/rules/same-target-beside.ts'
import { shortObserve } from '../../src/lint/rules/short-observe.ts'
import { successBeforeCheck } from '../../src/lint/rules/success-before-check.ts'
import { trafficBeforeCheck } from '../../src/lint/rules/traffic-before-check.ts'
import { during, fallback, optional, route, sequence, together, when } from '../../src/plan/combinators.ts'
import { is } from '../../src/plan/conditions.ts'
import { gate, observe, require } from '../../src/plan/nodes.ts'
import { plan } from '../../src/plan/plan.ts'
import { findingsOf, messagesOf } from './expect-rule.ts'
import { check, query, step, tell } from './stub-steps.ts'

const undo = (name = 'api') => step('k8s.undo-rollout', name, 'reversible', {}, { layer: 'code' })
const drop = () => step('db-restore.drop-kept', 'orders', 'point-of-no-return')
const swap = () => step('db-restore.swap', 'orders', 'data-loss', {}, { layer: 'data' })
const approval = () => gate.approval({ name: 'go', roles: ['dba'] })
const watch = (name = 'shop', time: '0s' | '4m' | '5m' = '5m') =>
  observe({ name, checks: [check('checks.health', name)], for: time, deadline: '30m' })
const choice = <const A extends string>(...options: readonly A[]) =>
  gate.decision({ name: 'which', role: 'team', options, timeBox: '5m', onTimeout: 'escalate' })

describe('plan.irreversible-before-reversible', () => {
  it('finds a reversible step behind a point of no return', async () => {
    expect(await messagesOf(irreversibleBeforeReversible, drop(), undo())).toEqual([
      '"db-restore.drop-kept@orders" is a point of no return, and "k8s.undo-rollout@api", which could be undone, comes after it',
    ])
  })
  it('is content with the other order', async () => {
    expect(await messagesOf(irreversibleBeforeReversible, undo(), drop())).toEqual([])
  })
  it('accepts a step that needs what the point of no return gives, also by way of another step', async () => {
    const first = drop()
    const second = step('x.rename', 'orders', 'none', { from: first.output.result })
    const third = step('x.point', 'orders', 'reversible', { to: second.output.result })
    expect(await messagesOf(irreversibleBeforeReversible, first, second, third)).toEqual([])
  })
  it('accepts code after an irreversible schema, and not the other way round', async () => {
    const schema = step('db.undo', 'orders', 'point-of-no-return', {}, { layer: 'schema' })
    expect(await messagesOf(irreversibleBeforeReversible, schema, undo())).toEqual([])
    const code = step('k8s.delete', 'api', 'point-of-no-return', {}, { layer: 'code' })
    const data = step('db.swap', 'orders', 'reversible', {}, { layer: 'data' })
    expect(await messagesOf(irreversibleBeforeReversible, code, data)).toHaveLength(1)
  })
  it('does not compare steps of different branches', async () => {
    const which = choice('drop', 'undo')
    expect(await messagesOf(irreversibleBeforeReversible, which, route(which.output.answer, { drop: drop(), undo: undo() }))).toEqual([])
  })
})

describe('plan.hazard-without-approval', () => {
  it('finds a step that can lose data without a gate', async () => {
    expect(await messagesOf(hazardWithoutApproval, swap())).toEqual([
      '"db-restore.swap@orders" can lose data, and no approval gate stands before it on every way',
    ])
  })
  it('is content with an approval before it, also around it', async () => {
    expect(await messagesOf(hazardWithoutApproval, approval(), sequence(swap()))).toEqual([])
  })
  it('does not take a decision or a manual check for an approval', async () => {
    const manual = gate.manualCheck({ name: 'qa', role: 'qa', checklist: ['login'], timeout: '30m' })
    expect(await messagesOf(hazardWithoutApproval, choice('a', 'b'), manual, drop())).toEqual([
      '"db-restore.drop-kept@orders" can not be undone, and no approval gate stands before it on every way',
    ])
  })
  it('finds a gate that stands on one of two ways only', async () => {
    const state = query('db.state', 'orders', { differs: true })
    expect(await messagesOf(hazardWithoutApproval, when(is(state.output.differs, true), approval()), swap())).toHaveLength(1)
    const both = when(is(state.output.differs, true), approval(), gate.approval({ name: 'other', roles: ['dba'] }))
    expect(await messagesOf(hazardWithoutApproval, both, swap())).toEqual([])
  })
  it('finds a gate beside the step, in an optional part, or in an alternative', async () => {
    expect(await messagesOf(hazardWithoutApproval, together(approval(), swap()))).toHaveLength(1)
    expect(await messagesOf(hazardWithoutApproval, optional(approval()), swap())).toHaveLength(1)
    expect(await messagesOf(hazardWithoutApproval, fallback(approval(), undo()), swap())).toHaveLength(1)
  })
  it('is content when each branch of a route has its own', async () => {
    const which = choice('a', 'b')
    const routed = route(which.output.answer, { a: approval(), b: gate.approval({ name: 'b', roles: ['cto'] }) })
    expect(await messagesOf(hazardWithoutApproval, which, routed, swap())).toEqual([])
  })
})

describe('plan.change-without-check', () => {
  it('finds a change that nothing looks at', async () => {
    expect(await messagesOf(changeWithoutCheck, watch(), undo())).toEqual(['Nothing looks at the result after "k8s.undo-rollout@api"'])
  })
  it('is content with an observe, a require or a list for a person behind it', async () => {
    expect(await messagesOf(changeWithoutCheck, undo(), watch())).toEqual([])
    expect(await messagesOf(changeWithoutCheck, undo(), require(check('checks.sql', 'orders')))).toEqual([])
    expect(
      await messagesOf(changeWithoutCheck, undo(), gate.manualCheck({ name: 'qa', role: 'qa', checklist: ['login'], timeout: '30m' })),
    ).toEqual([])
  })
  it('counts the leaving of a scope as a change', async () => {
    const scope = step('k8s.maintenance', 'gateway', 'reversible')
    expect(await messagesOf(changeWithoutCheck, during(scope, sequence(undo(), watch())))).toEqual([
      'Nothing looks at the result after "k8s.maintenance@gateway release"',
    ])
  })
  it('does not count a check that an optional part may leave out', async () => {
    expect(await messagesOf(changeWithoutCheck, undo(), optional(watch()))).toHaveLength(1)
  })
  it('names three and counts the rest', async () => {
    expect(await messagesOf(changeWithoutCheck, ...['a', 'b', 'c', 'd', 'e'].map((name) => undo(name)))).toEqual([
      'Nothing looks at the result after "k8s.undo-rollout@a", "k8s.undo-rollout@b", "k8s.undo-rollout@c" and 2 more',
    ])
  })
  it('asks nothing of a plan that changes nothing', async () => {
    expect(await messagesOf(changeWithoutCheck, step('release.preserve', 'shop', 'none'))).toEqual([])
  })
})

describe('plan.success-before-check', () => {
  const resolved = () => tell('notify.slack', { template: 'incident.resolved' })
  it('finds success told between the change and the check', async () => {
    expect(await messagesOf(successBeforeCheck, undo(), resolved(), watch())).toEqual([
      '"notify.slack" tells people of success before anything has looked at the result',
    ])
  })
  it('is content when it is told behind the check', async () => {
    expect(await messagesOf(successBeforeCheck, undo(), watch(), resolved())).toEqual([])
  })
  it('finds success told before anything was done', async () => {
    expect(await messagesOf(successBeforeCheck, tell('notify.pager-duty', { action: 'resolve' }), undo(), watch())).toHaveLength(1)
  })
  it('finds it in always, where it is told after a failure too', async () => {
    const made = plan({ name: 'shop', steps: sequence(undo(), watch()), always: [resolved()] })
    expect((await findingsOf(successBeforeCheck, made)).map(({ message }) => message)).toEqual([
      '"notify.slack" stands in always and tells people of success, also when the run failed or was put back',
    ])
  })
  it('does not read success into sentences, other fields or other words', async () => {
    const notices = [
      tell('a.b', { template: 'We hope to have it resolved soon' }),
      tell('a.c', { channel: 'resolved' }),
      tell('a.d', { template: 'maintenance.started' }),
    ]
    expect(await messagesOf(successBeforeCheck, undo(), ...notices, watch())).toEqual([])
  })
  it('is not confused by a notice beside a check that came first', async () => {
    expect(await messagesOf(successBeforeCheck, undo(), watch(), together(resolved(), tell('a.b', {})))).toEqual([])
  })
})

describe('plan.late-require', () => {
  it('finds a precondition that is asked after a change it has nothing to do with', async () => {
    expect(await messagesOf(lateRequire, undo(), require(check('checks.disk', 'backup-host')))).toEqual([
      '"require checks.disk@backup-host" is asked after "k8s.undo-rollout@api" has changed something, and depends on nothing that was changed',
    ])
  })
  it('is content before the first change', async () => {
    expect(await messagesOf(lateRequire, require(check('checks.disk', 'backup-host')), undo())).toEqual([])
  })
  it('accepts a check that looks at the changed target or at an earlier result', async () => {
    const beside = step('db.restore-beside', 'orders', 'reversible')
    const onResult = require(check('checks.sql', 'anything', { database: beside.output.result }))
    expect(await messagesOf(lateRequire, beside, onResult)).toEqual([])
    expect(await messagesOf(lateRequire, undo('prod/shop/api'), require(check('checks.pods', 'api', {})))).toEqual([])
  })
  it('does not count a change in another branch', async () => {
    const which = choice('a', 'b')
    expect(
      await messagesOf(lateRequire, which, route(which.output.answer, { a: undo(), b: require(check('checks.disk', 'backup-host')) })),
    ).toEqual([])
  })
})

describe('plan.code-before-schema', () => {
  const schema = () => step('db.undo-migrations', 'orders', 'data-loss', {}, { layer: 'schema' })
  it('finds old code that meets the new schema', async () => {
    expect(await messagesOf(codeBeforeSchema, undo(), schema())).toEqual([
      '"k8s.undo-rollout@api" brings the old code back before "db.undo-migrations@orders" brings the old schema back',
    ])
  })
  it('is content with schema first, or with either alone', async () => {
    expect(await messagesOf(codeBeforeSchema, schema(), undo())).toEqual([])
    expect(await messagesOf(codeBeforeSchema, undo())).toEqual([])
  })
})

describe('plan.same-target-beside', () => {
  it('finds two changes of one target beside each other, however deep', async () => {
    const deep = together(sequence(undo('web'), step('k8s.set-image', 'api', 'reversible')), sequence(undo('api')))
    expect(await messagesOf(sameTargetBeside, deep)).toEqual([
      '"k8s.set-image@api" and "k8s.undo-rollout@api" run beside each other and name the same target',
    ])
  })
  it('is content with one after the other, and with different targets beside each other', async () => {
    expect(await messagesOf(sameTargetBeside, undo('api'), step('k8s.set-image', 'api', 'reversible'))).toEqual([])
    expect(await messagesOf(sameTargetBeside, together(undo('api'), undo('web'), step('helm.rollback', 'api', 'reversible')))).toEqual([])
  })
})

describe('plan.short-observe', () => {
  it('tells of a change that is watched for less than five minutes', async () => {
    expect(await messagesOf(shortObserve, undo(), watch('shop', '4m'))).toEqual([
      'After "k8s.undo-rollout@api" nothing is watched for 5 min; "observe shop" asks for 4 min of health',
    ])
  })
  it('is content with five minutes, also after a shorter look', async () => {
    expect(await messagesOf(shortObserve, undo(), watch('first', '0s'), watch('then', '5m'))).toEqual([])
  })
  it('leaves a plan without any look to the rule that speaks of it', async () => {
    expect(await messagesOf(shortObserve, undo())).toEqual([])
  })
})

describe('plan.traffic-before-check', () => {
  const shift = () => step('k8s.switch-traffic', 'shop', 'reversible', {}, { layer: 'traffic' })
  it('finds traffic sent to what nobody has looked at', async () => {
    expect(await messagesOf(trafficBeforeCheck, require(check('checks.context', 'prod')), undo(), shift())).toEqual([
      '"k8s.switch-traffic@shop" sends people to a target that nothing has looked at since the last change',
    ])
  })
  it('is content with a look in between', async () => {
    expect(await messagesOf(trafficBeforeCheck, undo(), watch(), shift())).toEqual([])
  })
  it('counts a look that stands beside something else', async () => {
    expect(await messagesOf(trafficBeforeCheck, together(require(check('checks.pods', 'blue')), tell('a.b', {})), shift())).toEqual([])
  })
  it('does not speak of a scope, which sends people away', async () => {
    expect(
      await messagesOf(trafficBeforeCheck, during(step('k8s.maintenance', 'shop', 'reversible', {}, { layer: 'traffic' }), undo())),
    ).toEqual([])
  })
})
