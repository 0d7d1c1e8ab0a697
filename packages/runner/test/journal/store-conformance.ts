import { describe } from 'vitest'
import type { FileSystem } from '../../src/journal/file-system.ts'
import type { RunStore } from '../../src/store.ts'
import type { Faults } from './faulty-file-system.ts'
import { testBlobs } from './store-conformance-blobs.ts'
import { testFailingDisk } from './store-conformance-disk.ts'
import { testLifeOfARun } from './store-conformance-life.ts'
import { testTornTail } from './store-conformance-torn.ts'
import { testOneWriter } from './store-conformance-writer.ts'

/** A store with nothing in it, and ways to reach below it. */
export interface StoreUnderTest {
  readonly store: RunStore
  /** The folder of all runs in `fileSystem`. */
  readonly runsDirectory: string
  readonly fileSystem: FileSystem
  readonly faults: Faults
  /** A store on the same runs that does not see the lock of the first: as after somebody removed the lock file. */
  readonly storeBesideTheLock: (runId: string) => Promise<RunStore>
}

export type MakeStore = () => Promise<StoreUnderTest>

/** What every run store promises. Each test makes a store of its own. */
export function testRunStore(name: string, makeStore: MakeStore): void {
  describe(`${name}: a run store`, () => {
    testLifeOfARun(makeStore)
    testOneWriter(makeStore)
    testTornTail(makeStore)
    testFailingDisk(makeStore)
    testBlobs(makeStore)
  })
}
