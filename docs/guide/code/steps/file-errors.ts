import { plainCause, RollbackError, type RollbackErrorCode } from '@backstep/core'

const meanings: Readonly<Record<string, readonly [code: RollbackErrorCode, what: string, hint: string]>> = {
  ENOENT: ['TARGET_NOT_FOUND', 'is not there', 'Check the path, then preview again.'],
  EACCES: ['PERMISSION_DENIED', 'may not be used', 'Run as the owner of the file.'],
  ENOSPC: ['REJECTED', 'has no room on its disk', 'Free some space, then answer retry.'],
}

/** What a failure of the disk means to a run. What it does not know may have had an effect: the step is looked at. */
export function fileError(cause: unknown): RollbackError {
  const { code = '', path = 'the file' } = (cause ?? {}) as { readonly code?: string; readonly path?: string }
  const known = meanings[code]
  if (known !== undefined) return new RollbackError(known[0], `${path} ${known[1]}`, { hint: known[2], cause: plainCause(cause) })
  const hint = 'Look at the disk, then resume.'
  return new RollbackError('BACKEND_UNAVAILABLE', `${path}: the disk did not do it (${code})`, { hint, cause: plainCause(cause) })
}
