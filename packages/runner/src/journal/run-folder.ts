import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { RollbackError } from '@backstep/core'

/** The files of one run. */
export interface RunFolder {
  readonly runId: string
  readonly path: string
  readonly plan: string
  readonly journal: string
  readonly lock: string
  readonly lockNote: string
  readonly blobs: string
  readonly outbox: string
  /** Where the bytes of a torn record are kept: `journal.torn-<n>`. */
  readonly torn: (number: number) => string
}

/**
 * Names the files of a run, below the folder of all runs.
 *
 * @throws RollbackError `OPTIONS_INVALID` when the id could not be the name of a folder.
 */
export function runFolder(runsDirectory: string, runId: string): RunFolder {
  if (!isRunId(runId)) {
    throw new RollbackError('OPTIONS_INVALID', `${JSON.stringify(runId)} cannot be a run id, which is also the name of a folder`, {
      hint: 'Use letters, digits, dots, dashes and underscores, at most 128, beginning with a letter or digit.',
    })
  }
  const path = join(runsDirectory, runId)
  return {
    runId,
    path,
    plan: join(path, 'plan.json'),
    journal: join(path, 'journal.jsonl'),
    lock: join(path, 'lock.db'),
    lockNote: join(path, 'lock.json'),
    blobs: join(path, 'blobs'),
    outbox: join(path, 'outbox'),
    torn: (number) => join(path, `journal.torn-${number}`),
  }
}

/** True for a text that can be a run id and the name of its folder. */
export function isRunId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text)
}

/** A folder name for any step id: the readable part of it, and enough of its hash to be its own. */
export function stepFolderName(stepId: string): string {
  const readable = stepId
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 60)
  return `${readable}-${createHash('sha256').update(stepId).digest('hex').slice(0, 12)}`
}
