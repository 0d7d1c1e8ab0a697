import { fdatasyncSync, openSync, writeSync } from 'node:fs'

/** What the disk alone costs: records of one size appended to a file, each synced before the next. */
export interface SyncFloor {
  /** Milliseconds for so many records. */
  run(count: number): number
}

export function syncFloor(path: string, recordBytes: number): SyncFloor {
  const file = openSync(path, 'a')
  const record = Buffer.alloc(recordBytes, 'x')
  return {
    run(count) {
      const start = performance.now()
      for (let index = 0; index < count; index++) {
        writeSync(file, record)
        fdatasyncSync(file)
      }
      return performance.now() - start
    },
  }
}
