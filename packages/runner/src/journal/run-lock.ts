import { RollbackError, plainCause } from '@backstep/core'
import { isBusy, openSqlite } from './sqlite.ts'

/** Exclusive locks by path, one holder at a time over all processes that can write there. */
export interface RunLocks {
  /** Frees the lock when called; `undefined` when somebody else has it. */
  readonly take: (path: string) => (() => void) | undefined
}

/**
 * Locks that the kernel frees when their process dies, however it dies: an open exclusive transaction on an empty SQLite file. Node itself
 * has no file locks. The file may stay; nobody else may open it, since closing any descriptor of it would free the lock.
 */
export const kernelLocks: RunLocks = {
  take: (path) => {
    const database = openLockFile(path)
    try {
      database.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      database.close()
      if (isBusy(error)) return undefined
      throw lockFailed(path, error)
    }
    let isHeld = true
    return () => {
      if (isHeld) database.close()
      isHeld = false
    }
  },
}

function openLockFile(path: string): ReturnType<typeof openSqlite> {
  try {
    return openSqlite(path, { busyMs: 0 })
  } catch (error) {
    if (error instanceof RollbackError) throw error
    throw lockFailed(path, error)
  }
}

/** Locks among the users of one object in one process. */
export function memoryLocks(): RunLocks {
  const taken = new Map<string, symbol>()
  return {
    take: (path) => {
      if (taken.has(path)) return undefined
      const holder = Symbol(path)
      taken.set(path, holder)
      return () => {
        if (taken.get(path) === holder) taken.delete(path)
      }
    },
  }
}

function lockFailed(path: string, error: unknown): RollbackError {
  return new RollbackError('INTERNAL', `The lock file ${path} cannot be used`, {
    hint: 'Check that this user may write to the folder, and that the file is not a copy of something else.',
    cause: plainCause(error),
    effect: 'none',
  })
}
