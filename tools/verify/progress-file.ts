import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../workspace.ts'

/** Where a program that takes minutes writes one line on how far it is: the testbed does while it builds what is not in its cache. */
export const progressFileVariable = 'BACKSTEP_PROGRESS_FILE'

export const progressFile = join(repositoryRoot, 'tmp', 'verify', 'progress')

const freshMs = 60_000

/** The newest such line; `undefined` when nothing has been said for a minute. */
export function readProgress(path: string = progressFile): string | undefined {
  try {
    if (Date.now() - statSync(path).mtimeMs > freshMs) return undefined
    const line = readFileSync(path, 'utf8').trim()
    return line === '' ? undefined : line
  } catch {
    return undefined
  }
}
