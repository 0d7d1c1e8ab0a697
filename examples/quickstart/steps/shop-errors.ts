import { plainCause, RollbackError } from '@backstep/core'

/**
 * What a failure of the shop's machine means. It never says that nothing was changed: an earlier contact of the same call may have done
 * something, and asking the world is cheap.
 */
export function shopError(cause: unknown): RollbackError {
  const { code, path = 'A file of the shop' } = reasonOf(cause)
  const options = (hint: string) => ({ hint, effect: 'unknown', cause: plainCause(cause) }) as const
  switch (code) {
    case 'ECONNREFUSED':
      return new RollbackError(
        'BACKEND_UNAVAILABLE',
        'The shop or its supervisor does not answer',
        options('Check that the supervisor runs (logs/supervisor.log in the shop folder), then resume.'),
      )
    case 'EACCES':
    case 'EPERM':
      return new RollbackError(
        'PERMISSION_DENIED',
        `${path} cannot be reached by this user`,
        options('Run as the user who deploys the shop.'),
      )
    case 'ENOENT':
      return new RollbackError('TARGET_NOT_FOUND', `${path} is not there`, options('Check the folder that was given as `shop`.'))
    default:
      return new RollbackError(
        'BACKEND_UNAVAILABLE',
        `The shop could not be asked: ${cause instanceof Error ? cause.message : 'no reason given'}`,
        options('Read logs/shop.log in the shop folder, then resume.'),
      )
  }
}

/** `fetch` hides the system's error in the cause of its own. */
function reasonOf(cause: unknown): { readonly code?: string; readonly path?: string } {
  if (!(cause instanceof Error)) return {}
  const own = cause as { readonly code?: string; readonly path?: string }
  return own.code === undefined && cause.cause !== undefined ? reasonOf(cause.cause) : own
}
