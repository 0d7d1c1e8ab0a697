import {
  allOf,
  anyOf,
  during,
  forEach,
  gate,
  includes,
  is,
  type Options,
  type Output,
  type PlanNode,
  plan,
  route,
  sequence,
  type StepFactory,
  when,
} from '@backstep/core'
import { describe, it } from 'vitest'
import { knownEarly, knownLate, lossy, read, safe } from './parts.ts'

interface MoveOptions {
  readonly name: string
  readonly host: string
  readonly count?: number
}
declare const move: StepFactory<MoveOptions, { readonly at: string }, 'reversible', undefined, 'host' | 'count'>

describe('an output is not a value', () => {
  it('goes into an option that takes outputs', () => {
    move({ name: 'a', host: lossy.output.host })
    move({ name: 'a', host: 'h', count: safe.output.revision })
  })
  it('of another type does not fit', () => {
    // @ts-expect-error a number
    move({ name: 'a', host: safe.output.revision })
    // @ts-expect-error a list
    move({ name: 'a', host: knownEarly })
  })
  it('does not go into an option that takes none', () => {
    // @ts-expect-error not late
    move({ name: lossy.output.host, host: 'h' })
  })
  it('has the fields of the receipt and no other', () => {
    // @ts-expect-error misspelt
    lossy.output.hots
  })
  it('cannot be compared, read or calculated with', () => {
    // @ts-expect-error compared
    if (lossy.output.host === 'x') return
    // @ts-expect-error read
    lossy.output.host.length
    // @ts-expect-error calculated with
    safe.output.revision + 1
  })
  it('cannot be used before its step is defined', () => {
    // @ts-expect-error used before its definition
    move({ name: 'a', host: later.output.host })
    const later = lossy
  })
  it('known after a step is not known at preview', () => {
    // @ts-expect-error known too late
    const early: Output<string, 'prepare'> = lossy.output.host
    return early
  })
})

describe('options', () => {
  it('must be complete', () => {
    // @ts-expect-error host is missing
    move({ name: 'a' })
    // @ts-expect-error no options
    move()
  })
  it('have no other fields', () => {
    // @ts-expect-error misspelt
    move({ name: 'a', host: 'h', cuont: 1 })
  })
  it('that may be late must be fields of the options', () => {
    // @ts-expect-error no such option
    const wrong: StepFactory<MoveOptions, { readonly at: string }, 'reversible', undefined, 'hots'> = move
    // @ts-expect-error no such option
    type Wrong = Options<MoveOptions, 'hots'>
    return wrong as unknown as Wrong
  })
  it('leave settings to the second argument', () => {
    move({ name: 'a', host: 'h' }, { id: 'other', timeout: '90s', attempts: 2 })
    // @ts-expect-error a duration has a unit
    move({ name: 'a', host: 'h' }, { timeout: '90' })
    // @ts-expect-error no such setting
    move({ name: 'a', host: 'h' }, { retries: 2 })
    // @ts-expect-error this step has no port
    move({ name: 'a', host: 'h' }, { client: {} })
  })
})

describe('a condition is possible', () => {
  it('compares with a value that the output can have', () => {
    is(lossy.output.state, 'a')
    // @ts-expect-error never c
    is(lossy.output.state, 'c')
    // @ts-expect-error a number is no text
    is(lossy.output.host, 1)
    // @ts-expect-error a list is not one value
    is(knownEarly, 'a')
  })
  it('asks a list for what it can hold', () => {
    const parts = {} as Output<readonly ('app' | 'data')[], 'prepare'>
    includes(parts, 'app')
    // @ts-expect-error never network
    includes(parts, 'network')
    // @ts-expect-error no list
    includes(lossy.output.host, 'a')
  })
  it('is data, not code', () => {
    // @ts-expect-error a closure
    when(() => true, safe)
    // @ts-expect-error a value that is known
    when(true, safe)
    // @ts-expect-error a bare output
    when(lossy.output.on, safe)
    // @ts-expect-error not a condition
    allOf(is(lossy.output.on, true), lossy.output.on)
    anyOf(is(lossy.output.on, true), is(lossy.output.state, 'b'))
  })
})

describe('a route is exhaustive', () => {
  const decision = gate.decision({ name: 'd', role: 'lead', options: ['rollback', 'wait'], timeBox: '5m', onTimeout: 'escalate' })
  it('with one branch per value', () => {
    route(decision.output.answer, { rollback: safe, wait: read })
  })
  it('and neither with one missing nor with one too many', () => {
    // @ts-expect-error wait is missing
    route(decision.output.answer, { rollback: safe })
    // @ts-expect-error other cannot happen
    route(decision.output.answer, { rollback: safe, wait: read, other: read })
  })
  it('and never over any text at all', () => {
    // @ts-expect-error no closed set of values
    route(lossy.output.host, { a: safe })
    // @ts-expect-error a number
    route(safe.output.revision, { 1: safe })
  })
})

describe('the number of branches is known at preview', () => {
  it('for a list, and for the list of a query', () => {
    forEach(['a', 'b'], (name) => move({ name, host: 'h' }))
    forEach(knownEarly, (name) => move({ name, host: 'h' }))
  })
  it('not for a list that a step gives', () => {
    // @ts-expect-error known too late
    forEach(knownLate, () => safe)
  })
  it('and each item has the type of the list', () => {
    // @ts-expect-error a number is no name
    forEach([1, 2], (name) => move({ name, host: 'h' }))
  })
})

describe('only nodes are composed', () => {
  it('not factories, templates, checks or nothing', () => {
    // @ts-expect-error a factory
    sequence(move)
    // @ts-expect-error nothing
    sequence(undefined)
    // @ts-expect-error no node
    sequence(safe, 'rollback')
    // @ts-expect-error a list, not spread
    sequence([safe])
    // @ts-expect-error a scope is a step
    during(sequence(safe), safe)
    // @ts-expect-error no steps
    plan({ name: 'x' })
    // @ts-expect-error no such field
    plan({ name: 'x', steps: safe, onError: 'halt' })
    // @ts-expect-error no such policy
    plan({ name: 'x', steps: safe, onFailure: 'continue' })
  })
  it('a node is a node wherever it comes from', () => {
    const nodes: readonly PlanNode<'none' | 'reversible'>[] = [safe, read]
    sequence(...nodes)
  })
})
