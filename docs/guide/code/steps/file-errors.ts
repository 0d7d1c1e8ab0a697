import { plainCause, RollbackError } from '@backstep/core'

/** What a failure of the disk means to a run. */
export function fileError(cause: unknown): RollbackError {
  const { code = '', path = 'the file' } = (cause ?? {}) as { readonly code?: string; readonly path?: string }
  const kept = plainCause(cause)
  if (code === 'ENOENT')
    return new RollbackError('TARGET_NOT_FOUND', `${path} is not there`, { hint: 'Check the path, then preview again.', cause: kept })
  if (code === 'EACCES' || code === 'EPERM')
    return new RollbackError('PERMISSION_DENIED', `${path} may not be used`, { hint: 'Run as the owner of the file.', cause: kept })
  return new RollbackError('BACKEND_UNAVAILABLE', `The disk did not do it (${code})`, { hint: 'Look at the disk, then resume.', cause: kept })
}
