import { inspect } from 'node:util'
import { gate, isOutput, isSecret, secret, secretOption } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { demoStep } from '../define/demo-step.ts'
import { failureOf } from '../define/failure-of.ts'

describe('a secret', () => {
  const password = secret('DB_PASSWORD')

  it('prints, joins and serialises as its name', () => {
    expect(String(password)).toBe('[secret DB_PASSWORD]')
    expect(`url with ${String(password)}`).toBe('url with [secret DB_PASSWORD]')
    expect(JSON.stringify({ password })).toBe('{"password":{"secret":"DB_PASSWORD"}}')
    expect(inspect(password)).toContain('DB_PASSWORD')
    expect(isSecret(password)).toBe(true)
  })

  it.each(['', 'two words', 'a\nb', 'p@ss', 'päss', 'a'.repeat(3) + '!'])('is not made of %j, which looks like a value', async (name) => {
    const failure = await failureOf(() => secret(name))
    expect(failure).toMatchObject({ code: 'OPTIONS_INVALID' })
    expect(failure.message).not.toContain(name === '' ? 'undefined' : name)
    expect(failure.hint).toContain('never its value')
  })

  it.each([{ name: 'DB_PASSWORD' }, { secret: 'DB_PASSWORD' }, 'DB_PASSWORD', null, undefined])('is not %j', (value) => {
    expect(isSecret(value)).toBe(false)
  })

  it('as an option takes no text, and says so without repeating it', () => {
    const schema = z.strictObject({ url: secretOption() })
    expect(z.safeParse(schema, { url: password }).success).toBe(true)
    const result = z.safeParse(schema, { url: 'postgres://user:hunter2@host' })
    expect(result.error?.issues[0]?.message).toBe("expected secret('NAME'), not a value")
    expect(JSON.stringify(result.error?.issues)).not.toContain('hunter2')
  })
})

describe('an output', () => {
  const { value } = demoStep().output

  it.each<[string, () => unknown]>([
    ['in a template string', () => `${value as unknown as string}`],
    ['joined to text', () => (value as unknown as string) + '!'],
    ['as a number', () => Number(value)],
    ['compared in size', () => (value as unknown as number) > 1],
    ['as JSON', () => JSON.stringify({ value })],
    ['as a key', () => ({ [value as unknown as string]: 1 })],
  ])('used %s throws at once', async (_, use) => {
    const failure = await failureOf(use)
    expect(failure).toMatchObject({ code: 'OUTPUT_NOT_KNOWN', message: 'The output "value" was used as a plain value' })
    expect(failure.hint).toContain('is(output, value)')
  })

  it('is the same reference each time, with the node that it comes from', () => {
    const step = demoStep()
    expect(step.output.value).toBe(step.output.value)
    expect(isOutput(step.output.value) && step.output.value.source).toBe(step)
    expect(Object.keys(step.output)).toEqual(['value'])
  })

  it('that is misspelt is not there', () => {
    expect((demoStep().output as Readonly<Record<string, unknown>>)['vlaue']).toBeUndefined()
  })

  it('of a gate is its answer', () => {
    const decision = gate.decision({ name: 'what', role: 'lead', options: ['a', 'b'], timeBox: '5m', onTimeout: 'a' })
    expect(isOutput(decision.output.answer)).toBe(true)
  })

  it.each([{ source: {}, key: 'a' }, 'x', null, undefined])('is not %j', (other) => {
    expect(isOutput(other)).toBe(false)
  })
})
