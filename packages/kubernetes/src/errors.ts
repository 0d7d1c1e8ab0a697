import { plainCause, RollbackError } from '@backstep/core'

/** A failure of the connection, with what is known about how far the request went. */
export interface ConnectionFailure {
  readonly cause: unknown
  /** What was asked, for the message. */
  readonly asked: string
  /** The connection was there, so the server may have got the request. */
  readonly mayHaveArrived: boolean
}

/** Codes of Node and OpenSSL that say that no request was ever sent. */
const neverSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])
const isCertificate = /CERT|SIGNATURE/

/** What a lost or refused connection means: `effect` is `unknown` only when the request may have reached the server. */
export function connectionError({ cause, asked, mayHaveArrived }: ConnectionFailure): RollbackError {
  const code = codeOf(cause)
  const wasSent = mayHaveArrived && !neverSent.has(code)
  const hint = isCertificate.test(code)
    ? 'Check certificate-authority and server of this context in the kubeconfig.'
    : 'Check that the API server is reachable from here, then resume.'
  return new RollbackError('BACKEND_UNAVAILABLE', `${asked}: no answer from the API server${code === '' ? '' : ` (${code})`}`, {
    hint,
    cause: plainCause(cause),
    effect: wasSent ? 'unknown' : 'none',
    canRetry: !isCertificate.test(code),
  })
}

/** What any failure below a step means to a run. `RollbackError`s are left as they are; the client throws nothing else. */
export function toRollbackError(cause: unknown): RollbackError {
  if (cause instanceof RollbackError) return cause
  if (cause instanceof Error && (cause.name === 'AbortError' || cause.name === 'TimeoutError')) {
    return new RollbackError(cause.name === 'AbortError' ? 'ABORTED' : 'TIMED_OUT', 'The call to the API server was stopped', {
      hint: 'Resume the run: it looks at the live object first.',
      cause: plainCause(cause),
    })
  }
  return connectionError({ cause, asked: 'A call', mayHaveArrived: true })
}

/**
 * Says of a failure after a first write that something may have changed: a later request that was refused takes nothing back of an earlier one.
 */
export function afterWrite(cause: unknown): RollbackError {
  const { code, message, hint, canRetry } = toRollbackError(cause)
  return new RollbackError(code, message, { hint, cause: plainCause(cause), effect: 'unknown', canRetry })
}

function codeOf(cause: unknown): string {
  const { code } = (typeof cause === 'object' && cause !== null ? cause : {}) as { readonly code?: unknown }
  return typeof code === 'string' ? code : ''
}
