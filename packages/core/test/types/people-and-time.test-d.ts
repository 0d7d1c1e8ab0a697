import {
  automatic,
  defineCheck,
  type Duration,
  gate,
  type Instant,
  notice,
  observe,
  plan,
  require,
  type Secret,
  secret,
} from '@backstep/core'
import { describe, it } from 'vitest'
import * as z from 'zod'
import { check, safe } from './parts.ts'

describe('a time has a unit', () => {
  it('wherever one is given', () => {
    // @ts-expect-error no unit
    const wait: Duration = '15'
    // @ts-expect-error a number
    const long: Duration = 15_000
    // @ts-expect-error no such unit
    const weeks: Duration = '2w'
    const rest = { name: 'x', target: 'x', knownGood: check, maxPerDay: 1, run: plan({ name: 'x', steps: safe }) } as const
    // @ts-expect-error no unit
    automatic({ ...rest, any: [{ check, for: '5m' }], cooldown: '15' })
    // @ts-expect-error no unit
    automatic({ ...rest, any: [{ check, for: '5' }], cooldown: '15m' })
    // @ts-expect-error no unit
    plan({ name: 'x', steps: safe, timeBudget: { decide: '5' } })
    return [wait, long, weeks]
  })
  it('and a moment is in UTC', () => {
    const moment: Instant = '2026-11-22T04:30:00Z'
    // @ts-expect-error local time
    const local: Instant = '2026-11-22 04:30'
    return [moment, local]
  })
})

describe('a secret is a name, never a value', () => {
  it('and does not become text', () => {
    // @ts-expect-error a secret is no text
    const text: string = secret('DB_PASSWORD')
    // @ts-expect-error a text is no secret
    const reference: Secret = 'hunter2'
    // @ts-expect-error nor does it look like one
    const made: Secret = { name: 'DB_PASSWORD' }
    return [text, reference, made]
  })
})

describe('an observation', () => {
  it('needs checks and an end', () => {
    observe({ checks: [check], for: '15m', deadline: '30m' })
    // @ts-expect-error no deadline
    observe({ checks: [check], for: '15m' })
    // @ts-expect-error no checks
    observe({ deadline: '30m' })
    // @ts-expect-error no unit
    observe({ checks: [check], for: '15', deadline: '30m' })
    // @ts-expect-error misspelt
    observe({ checks: [check], deadline: '30m', evry: '5s' })
    // @ts-expect-error a step is no check
    observe({ checks: [safe], deadline: '30m' })
    // @ts-expect-error a step is no check
    require(safe)
  })
  it('rests on checks that answer with a verdict', () => {
    const parts = {
      kind: 'checks.health',
      options: z.object({ url: z.string() }),
      target: () => ({ system: 'checks', name: 'x' }),
    } as const
    defineCheck({ ...parts, sample: async () => ({ status: 'healthy', evidence: [] }) })
    // @ts-expect-error a boolean is no verdict
    defineCheck({ ...parts, sample: async () => true })
    // @ts-expect-error no data needs a reason
    defineCheck({ ...parts, sample: async () => ({ status: 'unknown', evidence: [] }) as const })
    // @ts-expect-error no such option
    defineCheck({ ...parts, late: ['uri'], sample: async () => ({ status: 'healthy', evidence: [] }) })
  })
})

describe('a gate asks somebody', () => {
  it('an approval names roles', () => {
    gate.approval({ name: 'go', roles: ['lead'], quorum: 'all', expires: '15m', breakGlass: true })
    // @ts-expect-error nobody
    gate.approval({ name: 'go' })
    // @ts-expect-error no such quorum
    gate.approval({ name: 'go', roles: ['lead'], quorum: 'most' })
    // @ts-expect-error no unit
    gate.approval({ name: 'go', roles: ['lead'], expires: '15' })
    // @ts-expect-error misspelt
    gate.approval({ name: 'go', roles: ['lead'], qourum: 2 })
  })
  it('a manual check has a list and an end', () => {
    // @ts-expect-error no list
    gate.manualCheck({ name: 'quality', role: 'qa', timeout: '30m' })
    // @ts-expect-error no end
    gate.manualCheck({ name: 'quality', role: 'qa', checklist: ['log in'] })
  })
  it('a decision out of time takes one of its own options, or calls somebody', () => {
    gate.decision({ name: 'what', role: 'lead', options: ['a', 'b'], timeBox: '5m', onTimeout: 'a' })
    gate.decision({ name: 'what', role: 'lead', options: ['a', 'b'], timeBox: '5m', onTimeout: 'escalate' })
    // @ts-expect-error not an option
    gate.decision({ name: 'what', role: 'lead', options: ['a', 'b'], timeBox: '5m', onTimeout: 'c' })
    // @ts-expect-error what happens out of time is never left open
    gate.decision({ name: 'what', role: 'lead', options: ['a', 'b'], timeBox: '5m' })
  })
  it('a notice has a kind of package and name', () => {
    notice('notify.slack', { channel: '#incidents' })
    // @ts-expect-error no package
    notice('slack', { channel: '#incidents' })
  })
})

describe('a trigger', () => {
  const base = {
    name: 'x',
    target: 'prod/shop',
    knownGood: check,
    cooldown: '1h',
    maxPerDay: 2,
    run: plan({ name: 'x', steps: safe }),
  } as const
  it('knows how long something has to be wrong', () => {
    automatic({ ...base, any: [{ check, for: '5m' }] })
    // @ts-expect-error one look is not enough
    automatic({ ...base, any: [{ check }] })
    // @ts-expect-error no signals
    automatic(base)
    // @ts-expect-error one kind of condition
    automatic({ ...base, any: [{ check, for: '5m' }], all: [{ check, for: '5m' }] })
  })
})
