import { access, constants } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { RollbackError } from '@backstep/core'

export interface FindToolRequest {
  /** A program name that is looked for on the path, or an absolute path. Never a relative path: it would depend on where a run was started. */
  readonly tool: string
  /** Folders to look in, joined as in `PATH`. Default: the variable of this process. */
  readonly searchPath?: string
}

/**
 * The absolute path of a command line tool.
 *
 * @throws RollbackError `PRECONDITION_FAILED` when there is none that may be run, `OPTIONS_INVALID` for a relative path.
 */
export async function findTool({ tool, searchPath = process.env['PATH'] ?? '' }: FindToolRequest): Promise<string> {
  if (!isAbsolute(tool) && /[/\\]/.test(tool)) {
    throw new RollbackError('OPTIONS_INVALID', `"${tool}" is a relative path`, { hint: 'Give the name of the tool or its absolute path.' })
  }
  const candidates = isAbsolute(tool)
    ? [tool]
    : searchPath
        .split(delimiter)
        .filter(isAbsolute)
        .map((folder) => join(folder, tool))
  for (const candidate of candidates) {
    if (await isRunnable(candidate)) return candidate
  }
  throw new RollbackError('PRECONDITION_FAILED', `${tool} is not installed on this machine, or may not be run`, {
    hint: isAbsolute(tool) ? 'Check the path.' : `Install ${tool} where the PATH of this process finds it, or give its absolute path.`,
  })
}

async function isRunnable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
