import { RollbackError } from '@backstep/core'
import * as z from 'zod'

/** What one request asked for, for messages: `patch shop/Deployment/checkout`. */
export interface Asked {
  readonly verb: string
  readonly what: string
}

/** An answer of the API server that is no success. */
export interface FailedAnswer {
  readonly status: number
  readonly body: unknown
}

const statusSchema = z.object({
  reason: z.string().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  details: z
    .object({
      name: z.string().optional(),
      kind: z.string().optional(),
      causes: z.array(z.object({ reason: z.string().optional(), field: z.string().optional() })).optional(),
    })
    .optional()
    .catch(undefined),
})

interface Status {
  readonly reason: string
  readonly fields: readonly string[]
  readonly causes: readonly string[]
  readonly hasDetails: boolean
  /** The one that refused, when it was not the server itself: `webhook policy.example`. Its words are not passed on. */
  readonly refusedBy: string | undefined
  readonly isDryRunRefused: boolean
  readonly isWebhookDown: boolean
  /** An apply whose fields have other types than those of the kind: the server calls that an error of its own. */
  readonly isMistyped: boolean
  readonly missing: string | undefined
}

const admission: readonly (readonly [RegExp, string])[] = [
  [/admission webhook "([^"]{1,253})" denied/, 'the webhook'],
  [/ValidatingAdmissionPolicy '([^']{1,253})'/, 'the admission policy'],
  [/exceeded quota: ([a-z0-9.-]{1,253})/, 'the quota'],
  [/violates PodSecurity "([^"]{1,100})"/, 'the pod security level'],
]

/** The parts of an answer that are safe to show. */
function statusOf(body: unknown): Status {
  const { reason = '', message = '', details } = statusSchema.safeParse(body).data ?? {}
  const refusedBy = admission.map(([pattern, what]) => [what, pattern.exec(message)?.[1]] as const).find(([, name]) => name !== undefined)
  const causes = details?.causes ?? []
  return {
    reason,
    fields: causes.flatMap(({ field }) => field ?? []),
    causes: causes.flatMap(({ reason: cause }) => cause ?? []),
    hasDetails: details?.name !== undefined || causes.length > 0,
    refusedBy: refusedBy === undefined ? undefined : `${refusedBy[0]} ${refusedBy[1]}`,
    isDryRunRefused: message.includes('does not support dry run'),
    isWebhookDown: message.includes('failed calling webhook'),
    isMistyped: message.includes('failed to create typed patch object'),
    missing: details?.name === undefined ? undefined : `${details.kind ?? 'object'} ${details.name}`,
  }
}

/** Whether a refused eviction was refused by a PodDisruptionBudget, and not for the number of requests. */
export function isDisruptionRefused({ status, body }: FailedAnswer): boolean {
  return status === 429 && statusOf(body).causes.includes('DisruptionBudget')
}

/**
 * What an answer that is no success means. The server's own message is never passed on: for a malformed patch it quotes the whole object, with
 * the values of its environment.
 */
export function answerError(asked: Asked, answer: FailedAnswer): RollbackError {
  const status = statusOf(answer.body)
  const did = `${asked.verb} ${asked.what}`
  const text = `${did}: ${answer.status}${status.reason === '' ? '' : ` ${status.reason}`}`
  switch (answer.status) {
    case 401:
      return refusal('PERMISSION_DENIED', `${text}: the credentials are not valid, or not any more`, 'Log in again, then resume.')
    case 403:
      if (status.refusedBy !== undefined) return refusedByAdmission(text, status.refusedBy)
      return refusal('PERMISSION_DENIED', text, `Grant this identity: ${did}.`)
    case 404:
      return notFound(text, status)
    case 409:
      return conflict(text, status)
    case 429:
      return refusal('RATE_LIMITED', text, 'Wait a moment; the call is made again.')
    default:
      return answer.status >= 500 ? serverError(text, status) : invalid(text, status)
  }
}

function notFound(text: string, { missing, hasDetails }: Status): RollbackError {
  if (hasDetails)
    return refusal('TARGET_NOT_FOUND', `${text}: there is no ${missing ?? 'such object'}`, 'Check context, namespace and name.')
  return refusal('NOT_SUPPORTED', `${text}: the server does not serve this`, 'Check the API version: the cluster may have been upgraded.')
}

function conflict(text: string, { fields }: Status): RollbackError {
  const where = fields.length === 0 ? '' : `: somebody else owns ${fields.slice(0, 10).join(', ')}`
  return refusal('DRIFTED', `${text}${where}`, 'Find out who changed it, then preview again.')
}

/** A `test` of a JSON Patch that failed is 422 without details; an object that is not valid names its fields. */
function invalid(text: string, { refusedBy, fields, hasDetails, reason, isDryRunRefused }: Status): RollbackError {
  if (isDryRunRefused) return refusal('NOT_SUPPORTED', `${text}: a webhook allows no dry run`, 'Declare sideEffects: None on the webhook.')
  if (refusedBy !== undefined) return refusedByAdmission(text, refusedBy)
  if (reason === 'Invalid' && !hasDetails)
    return refusal('DRIFTED', `${text}: it is not as it was seen`, 'Find out who changed it, then preview again.')
  const where = fields.length === 0 ? '' : `: ${fields.slice(0, 10).join(', ')}`
  return refusal('REJECTED', `${text}${where}`, 'Look at the named fields: the server does not take the object like this.')
}

/** Admission is asked before anything is stored. */
function serverError(text: string, { isWebhookDown, isMistyped }: Status): RollbackError {
  if (isMistyped)
    return refusal('REJECTED', `${text}: a field has the wrong type, or does not exist`, 'Correct the manifest, then preview again.')
  return new RollbackError('BACKEND_UNAVAILABLE', isWebhookDown ? `${text}: a webhook does not answer` : text, {
    hint: isWebhookDown ? 'Look at the admission webhooks of the cluster, then resume.' : 'Look at the API server, then resume.',
    effect: isWebhookDown ? 'none' : 'unknown',
  })
}

function refusedByAdmission(text: string, who: string): RollbackError {
  return refusal('REJECTED', `${text}: refused by ${who}`, `Ask the owner of ${who} what it wants, then preview again.`)
}

function refusal(
  code: 'PERMISSION_DENIED' | 'TARGET_NOT_FOUND' | 'NOT_SUPPORTED' | 'DRIFTED' | 'REJECTED' | 'RATE_LIMITED',
  message: string,
  hint: string,
): RollbackError {
  return new RollbackError(code, message, { hint, effect: 'none' })
}
