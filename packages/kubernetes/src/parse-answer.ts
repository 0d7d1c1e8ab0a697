import { type Json, RollbackError } from '@backstep/core'
import { answerError, type Asked } from './answers.ts'
import type { TransportAnswer } from './http-transport.ts'

/**
 * The body of a success as plain JSON.
 *
 * @throws RollbackError For any other status, see `KubernetesClient`. `NOT_SUPPORTED` when a whole number in it is larger than JavaScript
 * can hold: written back, it would be another one.
 */
export function parseAnswer(asked: Asked, { status, text }: TransportAnswer): Json {
  const body = parsed(text, asked)
  if (status >= 200 && status < 300 && body !== undefined) return body as Json
  if (status >= 200 && status < 300) {
    throw new RollbackError('BACKEND_UNAVAILABLE', `${asked.verb} ${asked.what}: the answer is no JSON`, {
      hint: 'Check that the address of the context is that of an API server.',
    })
  }
  throw answerError(asked, { status, body })
}

function parsed(text: string, { verb, what }: Asked): unknown {
  try {
    const body: unknown = JSON.parse(text)
    if (/[:[,]\s*-?\d{16,}/.test(text) && holdsLostNumber(body)) throw tooLarge(`${verb} ${what}`)
    return body
  } catch (cause) {
    if (cause instanceof RollbackError) throw cause
    return undefined
  }
}

function holdsLostNumber(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsLostNumber)
}

function tooLarge(asked: string): RollbackError {
  return new RollbackError(
    'NOT_SUPPORTED',
    `${asked}: the answer holds a whole number above 2^53, which would be changed when written back`,
    {
      hint: 'Put this object back by hand, with kubectl.',
    },
  )
}
