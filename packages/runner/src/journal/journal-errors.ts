import { plainCause, RollbackError } from '@backstep/core'
import { errorCode } from './file-system.ts'

const reviewHint =
  'Change nothing in this folder. Restore it from a backup, or read the journal up to this line, look at each target, and finish by hand.'

/** A journal that cannot be trusted from this line on. Lines count from 1, as editors show them. */
export function corruptLine(path: string, line: number, problem: string): RollbackError {
  return new RollbackError('JOURNAL_CORRUPT', `${path} line ${line} is not what was written: ${problem}`, { hint: reviewHint })
}

export function corruptFile(path: string, problem: string): RollbackError {
  return new RollbackError('JOURNAL_CORRUPT', `${path} ${problem}`, { hint: reviewHint })
}

export function newerFormat(path: string, what: string): RollbackError {
  return new RollbackError('JOURNAL_CORRUPT', `${path} was written by a newer version of Backstep: ${what}`, {
    hint: 'Read or resume this run with the version that wrote it, or a later one.',
  })
}

export function runNotFound(runId: string, path: string, why: string): RollbackError {
  return new RollbackError('RUN_NOT_FOUND', `There is no run ${runId} in ${path}: ${why}`, {
    hint: 'Check the run id and the state directory; list the runs to see which there are.',
  })
}

/** A failed write or sync of the journal. Fatal for its writer: what the disk holds is unknown to this process from here on. */
export function writeFailed(path: string, cause: unknown): RollbackError {
  const message = `${path} could not be written (${codeText(cause)}): this process records nothing more`
  return new RollbackError('INTERNAL', message, { hint: `${diskHint(cause)}, then resume the run.`, cause: plainCause(cause) })
}

/** A failed write of something that no record names yet. */
export function keepFailed(path: string, cause: unknown): RollbackError {
  const message = `${path} could not be written (${codeText(cause)})`
  return new RollbackError('INTERNAL', message, { hint: `${diskHint(cause)}, then try again.`, cause: plainCause(cause), effect: 'none' })
}

function codeText(cause: unknown): string {
  return errorCode(cause) ?? 'no error code'
}

function diskHint(cause: unknown): string {
  const isFull = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeText(cause))
  return isFull
    ? 'Free space on the disk that holds this file'
    : 'Check the disk that holds this file and copy the run folder to a safe place'
}

export function overtaken(path: string, what: string): RollbackError {
  return new RollbackError('JOURNAL_CONFLICT', `${path} ${what}: another process writes to this run`, {
    hint: 'Stop this process. Find the other one in lock.json beside the journal, and let it finish.',
  })
}

export function snapshotMissing(path: string, problem: string): RollbackError {
  return new RollbackError('SNAPSHOT_MISSING', `${path} ${problem}`, {
    hint: 'Restore this file from a backup of the run folder, or put the target back by hand; the journal names the step that kept it.',
  })
}
