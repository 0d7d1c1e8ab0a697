import { describe, expect, it } from 'vitest'
import { RollbackError } from '../../src/contract/errors.ts'
import type { Plan } from '../../src/contract/nodes.ts'
import type { AutomaticRisk } from '../../src/contract/risk.ts'
import type { PlanNode } from '../../src/contract/step.ts'
import { fallback, optional, sequence } from '../../src/plan/combinators.ts'
import { plan as makePlan } from '../../src/plan/plan.ts'
import type { SealedLeaf, SealedPlan } from '../../src/seal/sealed-plan.ts'
import { automatic, requireAutomatic, type AutomaticDefinition } from '../../src/trigger/automatic.ts'
import { checkOf, planOf, settings, twoSignals } from './sample-triggers.ts'

function failureOf(make: () => unknown): RollbackError {
  try {
    make()
  } catch (error) {
    if (error instanceof RollbackError) return error
    throw error
  }
  throw new Error('expected a RollbackError')
}

function triggerWith(run: unknown): unknown {
  return automatic({ ...settings, any: twoSignals, run: run as Plan<AutomaticRisk> })
}

const step = (risk: unknown, traits?: unknown) => ({
  node: 'step',
  kind: 'db.swap',
  target: { system: 'db', name: 'shop' },
  risk,
  ...(traits === undefined ? {} : { traits }),
})
const group = (children: readonly unknown[], risk: readonly unknown[] = ['none']) => ({ node: 'group', group: 'sequence', children, risk })
const plan = (children: readonly unknown[], risk: readonly unknown[] = ['none']) => ({
  node: 'group',
  group: 'plan',
  name: 'undo',
  children,
  risk,
})

describe('a machine is not given a plan that needs a person, whatever the types were told', () => {
  it.each([
    ['a cast', plan([], ['reversible', 'data-loss']), 'data-loss', 'plan undo'],
    ['a point of no return', plan([], ['point-of-no-return']), 'point-of-no-return', 'plan undo'],
    ['a risk that no version knows', plan([], ['harmless']), 'harmless', 'plan undo'],
    ['a step deep inside of a plan that understates it', plan([group([group([step(['data-loss'])])])]), 'data-loss', 'db.swap@shop'],
    ['the promises of a step', plan([step(['reversible'], { risk: ['data-loss'] })]), 'data-loss', 'db.swap@shop'],
    ['the promise of a step as one word', plan([step([], { risk: 'point-of-no-return' })]), 'point-of-no-return', 'db.swap@shop'],
    ['a node without a list of risks', plan([step('reversible')]), 'an unknown risk', 'db.swap@shop'],
    ['something inside that is no node', plan(['step']), 'an unknown risk', 'plan undo holds something that is no node'],
    ['the definition of the plan', { ...plan([]), definition: { steps: step(['data-loss']) } }, 'data-loss', 'db.swap@shop'],
    ['a composition that is no plan', group([step(['reversible'])]), 'an unknown risk', 'run is no plan'],
    ['no plan at all', step(['reversible']), 'an unknown risk', 'run is no plan'],
    ['nothing', undefined, 'an unknown risk', 'run is no plan'],
  ])('%s', (_, run, risk, where) => {
    const failure = failureOf(() => triggerWith(run))
    expect(failure).toMatchObject({ code: 'PLAN_INVALID', message: `trigger errors would start ${risk} without a person: ${where}` })
    expect(failure.hint).toContain('people approve')
  })

  it('a plan that was composed and then cast', () => {
    const lossy = step(['data-loss'], { risk: 'data-loss' }) as unknown as PlanNode<'reversible'>
    const run = makePlan({ name: 'undo', steps: sequence(optional(fallback(lossy, lossy))) })
    expect(failureOf(() => automatic({ ...settings, any: twoSignals, run }))).toMatchObject({ code: 'PLAN_INVALID' })
  })

  it('takes a reversible plan', () => {
    expect(automatic({ ...settings, any: twoSignals, run: planOf('reversible', 'none') })).toMatchObject({
      name: 'errors',
      target: settings.target,
    })
  })

  it('does not follow a plan that holds itself for ever', () => {
    const children: unknown[] = []
    const run = plan(children)
    children.push(run)
    expect(() => triggerWith(run)).not.toThrow()
  })
})

describe('the last test before a start reads the sealed plan', () => {
  const leaf = (id: string, risk: SealedLeaf['risk']): SealedLeaf => ({
    type: 'step',
    id,
    hash: 'h',
    kind: 'db.swap',
    target: 'shop',
    inputs: [],
    risk,
    canUndo: true,
    idempotency: 'natural',
    options: {},
  })
  const sealed = (...leaves: readonly SealedLeaf[]): SealedPlan => ({
    format: 'backstep-plan/v1',
    name: 'undo',
    onFailure: 'halt',
    tree: { type: 'sequence', id: 'g', children: leaves },
    always: [],
    values: {},
    hash: 'h',
  })
  const trigger = automatic({ ...settings, any: twoSignals })

  it('names the trigger, the risk and the step', () => {
    const failure = failureOf(() =>
      requireAutomatic(trigger, sealed(leaf('k8s.undo@a', ['reversible']), leaf('db.swap@shop', ['data-loss']))),
    )
    expect(failure).toMatchObject({ code: 'PLAN_INVALID', message: 'trigger errors would start data-loss without a person: db.swap@shop' })
  })

  it('passes a plan that can go back', () => {
    expect(() => requireAutomatic(trigger, sealed(leaf('k8s.undo@a', ['reversible'])))).not.toThrow()
  })
})

describe('a trigger that cannot work is refused when it is made', () => {
  const base = { ...settings, any: twoSignals }
  it.each<[string, object, string]>([
    ['no signals', { any: [] }, 'no signals'],
    ['no condition', { any: undefined }, 'exactly one of'],
    ['two conditions', { all: twoSignals }, 'exactly one of'],
    ['atLeast without of', { any: undefined, atLeast: 1 }, 'exactly one of'],
    ['atLeast beside any', { atLeast: 1 }, 'exactly one of'],
    ['more than there are', { any: undefined, atLeast: 3, of: twoSignals }, '3 of 2 cannot be counted'],
    ['none of them', { any: undefined, atLeast: 0, of: twoSignals }, '0 of 2 cannot be counted'],
    ['half a signal', { any: undefined, atLeast: 1.5, of: twoSignals }, '1.5 of 2 cannot be counted'],
    [
      'two signals of one name',
      {
        any: [
          { check: checkOf('a'), for: '1m' },
          { check: checkOf('a'), for: '2m' },
        ],
      },
      'two signals are called "test.check@a"',
    ],
    ['a signal without a time', { any: [{ check: checkOf('a'), for: '0s' }] }, 'test.check@a.for: "0s" is no time at all'],
    ['a time without a unit', { any: [{ check: checkOf('a'), for: '15' }] }, 'test.check@a.for: "15" is no duration'],
    ['no cooldown', { cooldown: '0s' }, 'trigger errors.cooldown'],
    ['no budget', { maxPerDay: 0 }, 'trigger errors.maxPerDay: 0 is no count'],
    ['no number', { maxPerDay: Number.NaN }, 'maxPerDay'],
    ['looks that are stale at once', { every: '1m', staleAfter: '30s' }, 'stale before the next one is due'],
    ['no target', { target: ' ' }, 'trigger errors.target'],
    ['no name', { name: '' }, 'it has no name'],
    ['no known-good check', { knownGood: undefined }, 'trigger errors.knownGood'],
  ])('%s', (_, change, message) => {
    const failure = failureOf(() => automatic({ ...base, ...change } as unknown as AutomaticDefinition))
    expect(failure.code).toBe('OPTIONS_INVALID')
    expect(failure.message).toContain(message)
    expect(failure.hint).not.toBe('')
  })
})

it('can ask for every one of its signals by number', () => {
  expect(automatic({ ...settings, atLeast: 2, of: twoSignals }).rules.needed).toBe(2)
  expect(automatic({ ...settings, any: twoSignals, every: '1m', staleAfter: '1m' }).rules.staleAfterMs).toBe(60_000)
})

it('keeps its numbers as plain data, with defaults', () => {
  const { rules } = automatic({ ...settings, any: [{ check: checkOf('a'), for: '5m' }] })
  expect(JSON.parse(JSON.stringify(rules))).toEqual({
    trigger: 'errors',
    target: settings.target,
    signals: { 'test.check@a': { forMs: 300_000 } },
    needed: 1,
    cooldownMs: 3_600_000,
    maxPerDay: 2,
    everyMs: 30_000,
    settleMs: 300_000,
    staleAfterMs: 90_000,
  })
})
