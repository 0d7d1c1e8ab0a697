import { describe, expect, it } from 'vitest'
import { answerError } from '../src/answers.ts'
import { afterWrite, connectionError, toRollbackError } from '../src/errors.ts'

const asked = { verb: 'patch', what: 'shop/Deployment/checkout' }
const canary = 'canary-5f2e'
const answered = (status: number, body: object) =>
  answerError(asked, { status, body: { ...body, message: `${canary} ${(body as { message?: string }).message ?? ''}` } })

describe('an answer that is no success', () => {
  it.each([
    ['expired credentials', 401, { reason: 'Unauthorized' }, 'PERMISSION_DENIED'],
    ['a missing permission', 403, { reason: 'Forbidden' }, 'PERMISSION_DENIED'],
    ['a webhook', 400, { reason: 'BadRequest', message: 'admission webhook "policy.example" denied the request: no' }, 'REJECTED'],
    ['a quota', 403, { reason: 'Forbidden', message: 'exceeded quota: small, requested: 1' }, 'REJECTED'],
    ['an object that is gone', 404, { reason: 'NotFound', details: { name: 'checkout', kind: 'deployments' } }, 'TARGET_NOT_FOUND'],
    ['a path that is not served', 404, { reason: 'NotFound', details: {} }, 'NOT_SUPPORTED'],
    ['another writer', 409, { reason: 'Conflict' }, 'DRIFTED'],
    ['a failed test of a patch', 422, { reason: 'Invalid', details: {} }, 'DRIFTED'],
    ['an object that is not valid', 422, { reason: 'Invalid', details: { causes: [{ field: 'spec.replicas' }] } }, 'REJECTED'],
    [
      'a webhook without dry run',
      400,
      { reason: 'BadRequest', message: 'admission webhook "x" does not support dry run' },
      'NOT_SUPPORTED',
    ],
    ['too many requests', 429, { reason: 'TooManyRequests' }, 'RATE_LIMITED'],
  ])('%s (%i) is refused without effect', (_, status, body, code) => {
    const error = answered(status, body)
    expect(error).toMatchObject({ code, effect: 'none' })
    expect(error.hint).toMatch(/\.$/)
  })

  it('of the server itself leaves the effect unknown, unless a webhook failed before anything was stored', () => {
    expect(answered(500, { reason: 'InternalError' })).toMatchObject({ code: 'BACKEND_UNAVAILABLE', effect: 'unknown', canRetry: true })
    expect(answered(500, { message: 'failed calling webhook "x"' })).toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      effect: 'none',
      canRetry: true,
    })
  })

  it('names the fields and who refused, and never what the server wrote', () => {
    const invalid = answered(422, {
      reason: 'Invalid',
      details: { causes: [{ field: 'spec.template.spec.containers[0].image', message: canary }] },
    })
    const denied = answered(403, { message: 'admission webhook "policy.example" denied the request: canary' })
    expect(invalid.message).toBe('patch shop/Deployment/checkout: 422 Invalid: spec.template.spec.containers[0].image')
    expect(denied.message).toContain('refused by the webhook policy.example')
    for (const error of [invalid, denied])
      expect(JSON.stringify([error.message, error.hint, String(error.cause)])).not.toContain('canary-5f2e')
  })
})

describe('a lost connection', () => {
  const failed = (code: string, mayHaveArrived = true) =>
    connectionError({ cause: Object.assign(new Error(code), { code }), asked: 'patch x', mayHaveArrived })

  it('has no effect when nothing was sent', () => {
    expect(failed('ECONNREFUSED').effect).toBe('none')
    expect(failed('ECONNRESET', false).effect).toBe('none')
    expect(failed('ECONNRESET')).toMatchObject({ effect: 'unknown', canRetry: true })
  })

  it('for a certificate that is not trusted is not worth another try', () => {
    expect(failed('DEPTH_ZERO_SELF_SIGNED_CERT')).toMatchObject({
      effect: 'none',
      canRetry: false,
      hint: expect.stringContaining('certificate'),
    })
  })

  it('after a first write is in doubt, whatever the second request met', () => {
    expect(afterWrite(failed('ECONNREFUSED'))).toMatchObject({ code: 'BACKEND_UNAVAILABLE', effect: 'unknown', canRetry: true })
  })

  it('of any other kind is in doubt', () => {
    expect(toRollbackError(new TypeError('odd'))).toMatchObject({ code: 'BACKEND_UNAVAILABLE', effect: 'unknown' })
    expect(toRollbackError(new DOMException('stopped', 'AbortError'))).toMatchObject({ code: 'ABORTED', effect: 'unknown' })
  })
})
