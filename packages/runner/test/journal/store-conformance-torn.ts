import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readWhole } from '../../src/journal/durable-file.ts'
import { rejection } from './expect-error.ts'
import { overwrite } from './faulty-file-system.ts'
import { created, intended, noted, resumed, samplePlan } from './samples.ts'
import type { MakeStore, StoreUnderTest } from './store-conformance.ts'

interface WrittenRun extends StoreUnderTest {
  readonly journal: string
  readonly bytes: Buffer
  /** Where the last record begins. */
  readonly lastStart: number
}

async function writtenRun(makeStore: MakeStore): Promise<WrittenRun> {
  const made = await makeStore()
  const writer = await made.store.create('r1', samplePlan)
  await writer.append([created('r1'), intended(1)])
  const journal = join(made.runsDirectory, 'r1', 'journal.jsonl')
  const lastStart = (await readWhole(made.fileSystem, journal))!.length
  await writer.append([noted(2)])
  await writer.close()
  // What closing noted there would prove that the last record was whole once.
  await made.fileSystem.remove(join(made.runsDirectory, 'r1', 'lock.json'))
  return { ...made, journal, bytes: (await readWhole(made.fileSystem, journal))!, lastStart }
}

/** A writer that died in the middle of its last record. */
export function testTornTail(makeStore: MakeStore): void {
  it('repairs a last record that was cut at any byte, keeps what was cut off, and goes on', async () => {
    const { store, fileSystem, journal, bytes, lastStart, runsDirectory } = await writtenRun(makeStore)
    for (let end = lastStart + 1; end < bytes.length; end++) {
      await overwrite(fileSystem, journal, bytes.subarray(0, end))
      await fileSystem.remove(join(runsDirectory, 'r1', 'lock.json'))
      const writer = await store.open('r1')
      expect(writer.records, `cut at ${end}`).toEqual([created('r1'), intended(1)])
      expect(writer.repaired?.bytes).toBe(end - lastStart)
      expect((await readWhole(fileSystem, writer.repaired!.keptIn))!.equals(bytes.subarray(lastStart, end))).toBe(true)
      await writer.append([resumed(writer.epoch)])
      await writer.close()
      expect((await store.read('r1')).records).toEqual([created('r1'), intended(1), resumed(writer.epoch)])
    }
  }, 60_000)

  it('reads past a torn last record without touching it', async () => {
    const { store, fileSystem, journal, bytes, lastStart } = await writtenRun(makeStore)
    for (const end of [lastStart + 1, lastStart + 40, bytes.length - 1]) {
      await overwrite(fileSystem, journal, bytes.subarray(0, end))
      expect((await store.read('r1')).records).toEqual([created('r1'), intended(1)])
      expect((await readWhole(fileSystem, journal))!.length).toBe(end)
    }
  })

  it('repairs a last record with a block that never reached the disk', async () => {
    const { store, fileSystem, journal, bytes, lastStart } = await writtenRun(makeStore)
    const holed = Buffer.from(bytes).fill(0, lastStart + 10, lastStart + 50)
    for (const tail of [holed, Buffer.concat([bytes.subarray(0, lastStart), Buffer.alloc(5000)])]) {
      await overwrite(fileSystem, journal, tail)
      const writer = await store.open('r1')
      expect([writer.records.length, writer.repaired?.bytes]).toEqual([2, tail.length - lastStart])
      await writer.close()
    }
  })

  it('never takes a whole last record with a wrong checksum for a torn one', async () => {
    const { store, fileSystem, journal, bytes, lastStart } = await writtenRun(makeStore)
    for (const offset of [lastStart + 5, lastStart + 60, bytes.length - 100, bytes.length - 10, bytes.length - 2]) {
      const flipped = Buffer.from(bytes)
      flipped[offset]! ^= 1
      await overwrite(fileSystem, journal, flipped)
      await rejection(store.open('r1'), 'JOURNAL_CORRUPT')
      expect((await readWhole(fileSystem, journal))!.equals(flipped)).toBe(true)
    }
  })

  it('numbers the kept pieces, so that a second repair overwrites none', async () => {
    const { store, fileSystem, journal, bytes, lastStart } = await writtenRun(makeStore)
    const kept: string[] = []
    for (const end of [lastStart + 9, lastStart + 7]) {
      await overwrite(fileSystem, journal, bytes.subarray(0, end))
      const writer = await store.open('r1')
      kept.push(writer.repaired!.keptIn)
      await writer.close()
    }
    expect(kept.map((path) => path.slice(path.lastIndexOf('journal')))).toEqual(['journal.torn-1', 'journal.torn-2'])
    expect((await readWhole(fileSystem, kept[0]!))!.length).toBe(9)
  })
}
