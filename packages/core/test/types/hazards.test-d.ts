import {
  automatic,
  during,
  fallback,
  forEach,
  is,
  named,
  onFailure,
  optional,
  type Plan,
  plan,
  type PlanNode,
  planTemplate,
  type PlanTemplate,
  route,
  sequence,
  together,
  togetherAtMost,
  when,
} from '@backstep/core'
import { describe, it } from 'vitest'
import * as z from 'zod'
import { check, cut, flag, knownEarly, lossy, read, safe } from './parts.ts'

const base = { name: 'x', target: 'prod/shop', any: [{ check, for: '5m' }], knownGood: check, cooldown: '1h', maxPerDay: 2 } as const

describe('a machine may start what it can put back', () => {
  it('takes reads and reversible steps, however they are composed', () => {
    automatic({ ...base, run: plan({ name: 'ok', steps: sequence(read, safe, together(safe, read)) }) })
    automatic({
      ...base,
      run: plan({
        name: 'ok',
        steps: fallback(
          during(safe, read),
          forEach(knownEarly, () => safe),
        ),
      }),
    })
    automatic({ ...base, run: plan({ name: 'ok', steps: sequence() }) })
  })
})

describe('a plan that can lose data does not compile as automatic', () => {
  it('as a single step', () => {
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'x', steps: lossy }) })
  })
  it('in a sequence', () => {
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'x', steps: sequence(read, safe, lossy) }) })
  })
  it('beside others', () => {
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'x', steps: together(safe, lossy) }) })
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'x', steps: togetherAtMost(2, safe, lossy) }) })
  })
  it('as an alternative, deep inside', () => {
    const deep = sequence(read, fallback(safe, sequence(safe, when(is(lossy.output.state, 'a'), cut))))
    // @ts-expect-error point of no return
    automatic({ ...base, run: plan({ name: 'x', steps: deep }) })
  })
  it('in a branch, or in the other one', () => {
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'x', steps: when(is(lossy.output.state, 'a'), lossy) }) })
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'x', steps: when(is(lossy.output.state, 'a'), safe, lossy) }) })
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'x', steps: route(lossy.output.state, { a: safe, b: lossy }) }) })
  })
  it('inside a scope', () => {
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'x', steps: during(safe, lossy) }) })
  })
  it('for each of a list', () => {
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'x', steps: forEach(['a'], () => lossy) }) })
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'x', steps: forEach(knownEarly, () => lossy) }) })
  })
  it('as an optional, named or guarded part', () => {
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'x', steps: optional(lossy) }) })
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'x', steps: named('part', lossy) }) })
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'x', steps: onFailure('compensate', lossy) }) })
  })
  it('through a nested plan', () => {
    // @ts-expect-error data loss
    automatic({ ...base, run: plan({ name: 'outer', steps: sequence(safe, plan({ name: 'inner', steps: lossy })) }) })
  })
  it('through a template', () => {
    const template = planTemplate({ name: 'x', input: z.object({ tag: z.string() }), build: () => plan({ name: 'x', steps: lossy }) })
    // @ts-expect-error data loss
    automatic({ ...base, run: template.build({ tag: 'v1' }) })
  })
})

describe('risk cannot be hidden', () => {
  it('by an annotation of the plan', () => {
    // @ts-expect-error data loss
    const hidden: Plan<'reversible'> = plan({ name: 'x', steps: sequence(safe, lossy) })
    return hidden
  })
  it('by an annotation of a node', () => {
    // @ts-expect-error data loss
    const hidden: PlanNode<'reversible'> = sequence(safe, lossy)
    return hidden
  })
  it('by an annotation of a template', () => {
    // @ts-expect-error data loss
    const hidden: PlanTemplate<{ tag: string }, 'reversible'> = planTemplate({
      name: 'x',
      input: z.object({ tag: z.string() }),
      build: () => plan({ name: 'x', steps: lossy }),
    })
    return hidden
  })
  it('by a type argument', () => {
    // @ts-expect-error data loss
    sequence<'reversible'>(safe, lossy)
    // @ts-expect-error data loss
    plan<'reversible'>({ name: 'x', steps: lossy })
  })
  it('by pushing it into a list', () => {
    const list: PlanNode<'reversible'>[] = [safe]
    // @ts-expect-error data loss
    list.push(lossy)
  })
  it('by widening: what is not known counts as the worst', () => {
    // @ts-expect-error any risk
    automatic({ ...base, run: plan({ name: 'x', steps: safe }) as Plan })
    const nodes: PlanNode[] = [safe]
    // @ts-expect-error any risk
    automatic({ ...base, run: plan({ name: 'x', steps: sequence(...nodes) }) })
    // @ts-expect-error one of them
    automatic({ ...base, run: plan({ name: 'x', steps: flag ? safe : lossy }) })
  })
})

describe('a point of no return is a cut: nothing may run beside it', () => {
  it('not together with others', () => {
    // @ts-expect-error point of no return
    together(safe, cut)
    // @ts-expect-error point of no return
    togetherAtMost(2, safe, sequence(safe, cut))
  })
  it('not for each of a list', () => {
    // @ts-expect-error point of no return
    forEach(['a'], () => cut)
    // @ts-expect-error point of no return
    forEach(knownEarly, () => sequence(safe, cut))
  })
  it('not as a part that can be put back', () => {
    // @ts-expect-error point of no return
    optional(cut)
  })
  it('not as a scope, and neither does data loss', () => {
    // @ts-expect-error point of no return
    during(cut, safe)
    // @ts-expect-error data loss
    during(lossy, safe)
  })
  it('in order, as an alternative and inside a scope it compiles', () => {
    sequence(safe, cut)
    fallback(safe, cut)
    during(safe, cut)
    when(is(lossy.output.state, 'a'), cut)
  })
})

describe('always changes nothing', () => {
  it('takes reads and messages only', () => {
    plan({ name: 'x', steps: safe, always: [read] })
    // @ts-expect-error a change
    plan({ name: 'x', steps: safe, always: [safe] })
    // @ts-expect-error a change inside
    plan({ name: 'x', steps: safe, always: [sequence(read, lossy)] })
  })
})
