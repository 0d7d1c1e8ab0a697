import { plainCause, RollbackError } from '@backstep/core'

/** What a failure of the shop's machine means. A connection that was never made has changed nothing; anything later may have. */
export function shopError(cause: unknown): RollbackError {
  const { code, path } = reasonOf(cause)
  if (code === 'ECONNREFUSED') {
    return new RollbackError('BACKEND_UNAVAILABLE', 'The shop or its supervisor does not answer', {
      hint: 'Check that the supervisor runs (logs/supervisor.log in the shop folder), then resume.',
      effect: 'none',
      cause: plainCause(cause),
    })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new RollbackError('PERMISSION_DENIED', `${path ?? 'A file of the shop'} cannot be reached by this user`, {
      hint: 'Run as the user who deploys the shop.',
      cause: plainCause(cause),
    })
  }
  if (code === 'ENOENT') {
    return new RollbackError('TARGET_NOT_FOUND', `${path ?? 'A file of the shop'} is not there`, {
      hint: 'Check the folder that was given as `shop`.',
      cause: plainCause(cause),
    })
  }
  return new RollbackError(
    'BACKEND_UNAVAILABLE',
    `The shop could not be asked: ${cause instanceof Error ? cause.message : 'no reason given'}`,
    {
      hint: 'Read logs/shop.log in the shop folder, then resume.',
      cause: plainCause(cause),
    },
  )
}

/** `fetch` hides the system's error in the cause of its own. */
function reasonOf(cause: unknown): { readonly code?: string; readonly path?: string } {
  if (!(cause instanceof Error)) return {}
  const own = cause as { readonly code?: string; readonly path?: string }
  return own.code === undefined && cause.cause !== undefined ? reasonOf(cause.cause) : own
}
