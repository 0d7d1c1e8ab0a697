import { defineCheck, defineQuery, RollbackError } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { testContext } from './contexts.ts'
import { demoStep, demoWork } from './demo-step.ts'
import { failureOf } from './failure-of.ts'

const vendorError = Object.assign(new Error('connect ECONNREFUSED'), {
  code: 'ECONNREFUSED',
  request: { headers: { authorization: 'hunter2' } },
})
const failing = { client: () => ({ get: () => Promise.reject(vendorError), set: () => Promise.reject(vendorError) }) }

describe('a failure of the vendor', () => {
  it.each(['prepare', 'execute'] as const)('in %s is translated by the package', async (method) => {
    const step = demoStep(failing)
    const call = method === 'prepare' ? () => step.prepare(testContext()) : () => step.execute(demoWork(), testContext())
    const failure = await failureOf(call)
    expect(failure).toMatchObject({ code: 'BACKEND_UNAVAILABLE', message: 'translated: Error: connect ECONNREFUSED', cause: vendorError })
  })

  it.each(['probe', 'verify', 'compensate'] as const)('in %s as well', async (method) => {
    const step = demoStep({ [method]: () => Promise.reject(vendorError) })
    const work = demoWork({ receipt: { value: 'x' } }) as never
    const failure = await failureOf(() => step[method]?.(work, testContext()))
    expect(failure).toMatchObject({ code: 'BACKEND_UNAVAILABLE' })
  })

  it('that is a RollbackError already is passed on as it is', async () => {
    const refusal = new RollbackError('DRIFTED', 'moved', { hint: 'Preview again.' })
    const step = demoStep({ execute: () => Promise.reject(refusal), toRollbackError: () => new Error('asked about its own kind') })
    expect(await failureOf(() => step.execute(demoWork(), testContext()))).toBe(refusal)
  })

  it.each([
    [
      'throws',
      (): never => {
        throw new Error('the translator is broken')
      },
    ],
    ['has no answer', () => undefined],
    ['gives a plain error back', (cause: unknown) => cause],
  ])('whose translator %s is INTERNAL, in doubt, with a cause that holds no foreign property', async (_, toRollbackError) => {
    const failure = await failureOf(() => demoStep({ ...failing, toRollbackError }).execute(demoWork(), testContext()))
    expect(failure).toMatchObject({ code: 'INTERNAL', effect: 'unknown', canRetry: false, message: 'demo.set failed with Error' })
    expect(failure.cause).toMatchObject({ message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' })
    expect(failure.cause).not.toHaveProperty('request')
  })

  it('that is not even an Error is a failure all the same', async () => {
    const step = demoStep({ probe: () => Promise.reject('boom' as never), toRollbackError: () => undefined })
    expect(await failureOf(() => step.probe(demoWork(), testContext()))).toMatchObject({
      code: 'INTERNAL',
      message: 'demo.set failed with string',
    })
  })

  it('thrown before a promise was made is no different', async () => {
    const step = demoStep({
      probe: () => {
        throw vendorError
      },
    })
    expect(await failureOf(() => step.probe(demoWork(), testContext()))).toMatchObject({ code: 'BACKEND_UNAVAILABLE' })
  })
})

describe('a failure of a query or a check', () => {
  const parts = { kind: 'demo.read', options: z.strictObject({}), target: () => ({ system: 'demo', name: 'x' }) } as const
  const gone = { read: () => Promise.reject(vendorError), sample: () => Promise.reject(vendorError) }
  const toRollbackError = () => new RollbackError('RATE_LIMITED', 'slow down', { hint: 'Wait.' })

  it('is translated where the package can, so that it may be asked again', async () => {
    const query = defineQuery({ ...parts, result: z.object({}), read: gone.read, toRollbackError })({})
    const check = defineCheck({ ...parts, sample: gone.sample, toRollbackError })({})
    expect(await failureOf(() => query.read(testContext()))).toMatchObject({ code: 'RATE_LIMITED', canRetry: true })
    expect(await failureOf(() => check.sample(testContext()))).toMatchObject({ code: 'RATE_LIMITED', canRetry: true })
  })

  it('is INTERNAL otherwise, without what the vendor hung on it', async () => {
    const query = defineQuery({ ...parts, result: z.object({}), read: gone.read })({})
    const failure = await failureOf(() => query.read(testContext()))
    expect(failure.code).toBe('INTERNAL')
    expect(JSON.stringify(Object.getOwnPropertyDescriptors(failure.cause))).not.toContain('hunter2')
  })
})
