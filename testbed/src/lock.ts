import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { lockFile } from './cache.ts'

const busyCode = 5
const pollMs = 200

/**
 * Runs `work` while no other process of this machine, and no other caller in this one, holds the lock of that name. It waits as long as it
 * takes. The lock is one of the operating system's, taken by SQLite on a file: it is gone when its holder is, however it ended.
 *
 * @param onWaiting called each time the lock was looked at and is still held.
 */
export async function withLock<Result>(
  name: string,
  work: () => Promise<Result>,
  onWaiting: () => void = () => undefined,
): Promise<Result> {
  const path = lockFile(name)
  mkdirSync(dirname(path), { recursive: true })
  const database = new DatabaseSync(path)
  try {
    while (!tryExclusive(database)) {
      onWaiting()
      await sleep(pollMs)
    }
    return await work()
  } finally {
    database.close()
  }
}

function tryExclusive(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if ((error as { errcode?: number }).errcode === busyCode) return false
    throw error
  }
}
