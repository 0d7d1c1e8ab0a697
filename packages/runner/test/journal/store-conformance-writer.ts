import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readWhole } from '../../src/journal/durable-file.ts'
import { rejection } from './expect-error.ts'
import { overwrite } from './faulty-file-system.ts'
import { created, intended, noted, resumed, samplePlan } from './samples.ts'
import type { MakeStore } from './store-conformance.ts'

/** Appends enough for the writer to trust the disk and sync in place. */
const warmUpRecords = 30

/** One writer at a time; others are refused, readers never. */
export function testOneWriter(makeStore: MakeStore): void {
  it('refuses a second writer while the first is open, naming its process', async () => {
    const { store } = await makeStore()
    const writer = await store.create('r1', samplePlan)
    await writer.append([created('r1')])
    const error = await rejection(store.open('r1'), 'LEASE_HELD')
    expect(error.message).toContain(`process ${process.pid}`)
    expect(error.canRetry).toBe(true)
    await writer.close()
    await (await store.open('r1')).close()
  })

  it('frees the lock when opening fails', async () => {
    const { store, fileSystem, runsDirectory } = await makeStore()
    const writer = await store.create('r1', samplePlan)
    await writer.append([created('r1')])
    await writer.close()
    const path = join(runsDirectory, 'r1', 'journal.jsonl')
    const bytes = await readWhole(fileSystem, path)
    await overwrite(fileSystem, path, Buffer.from('broken\n'))
    await rejection(store.open('r1'), 'JOURNAL_CORRUPT')
    await overwrite(fileSystem, path, bytes!)
    const again = await store.open('r1')
    expect(again.records).toEqual([created('r1')])
    await again.close()
  })

  for (const warmUp of [0, warmUpRecords]) {
    it(`stops a writer whose run another one has written to (after ${warmUp} records)`, async () => {
      const { store, storeBesideTheLock } = await makeStore()
      const stale = await store.create('r1', samplePlan)
      await stale.append([created('r1')])
      for (let number = 0; number < warmUp; number++) await stale.append([intended(number)])
      const other = await (await storeBesideTheLock('r1')).open('r1')
      await other.append([resumed(2)])
      await rejection(stale.append([intended(99)]), 'JOURNAL_CONFLICT')
      await rejection(stale.append([intended(100)]), 'JOURNAL_CONFLICT')
      await stale.close()
      await other.append([noted(1)])
      const { records, epoch } = await store.read('r1')
      expect([records.slice(-2), epoch]).toEqual([[resumed(2), noted(1)], 2])
    })

    it(`stops a writer whose journal was replaced by a copy (after ${warmUp} records)`, async () => {
      const { store, fileSystem, runsDirectory } = await makeStore()
      const writer = await store.create('r1', samplePlan)
      await writer.append([created('r1')])
      for (let number = 0; number < warmUp; number++) await writer.append([intended(number)])
      const path = join(runsDirectory, 'r1', 'journal.jsonl')
      await overwrite(fileSystem, path, (await readWhole(fileSystem, path))!)
      const error = await rejection(writer.append([intended(99)]), 'JOURNAL_CONFLICT')
      expect(error.message).toMatch(/removed or replaced/)
    })
  }

  it('reads while another writer is at work, and never sees half a record', async () => {
    const { store } = await makeStore()
    const writer = await store.create('r1', samplePlan)
    await writer.append([created('r1')])
    let isWriting = true
    const writing = (async () => {
      for (let number = 1; number <= 400; number++) await writer.append([noted(number)])
      isWriting = false
    })()
    let seen = 0
    while (isWriting) {
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
      const { records } = await store.read('r1')
      expect(records.length).toBeGreaterThanOrEqual(seen)
      seen = records.length
    }
    await writing
    expect((await store.read('r1')).records).toHaveLength(401)
  })

  it('shares syncs between appends that run together', async () => {
    const { store, faults } = await makeStore()
    const writer = await store.create('r1', samplePlan)
    for (let number = 0; number < warmUpRecords; number++) await writer.append([intended(number)])
    const before = faults.syncs
    const chain = async (number: number): Promise<void> => {
      for (let round = 0; round < 5; round++) await writer.append([intended(number)])
    }
    await Promise.all(Array.from({ length: 1000 }, (_, number) => chain(number)))
    expect(faults.syncs - before).toBeLessThanOrEqual(10)
    expect((await store.read('r1')).records).toHaveLength(warmUpRecords + 5000)
  })

  it('keeps records that nobody waits for in order with the others, and writes them on closing at the latest', async () => {
    const { store, faults } = await makeStore()
    const writer = await store.create('r1', samplePlan)
    const before = faults.syncs
    const lazy = [writer.append([created('r1')], { isLazy: true }), writer.append([intended(1)], { isLazy: true })]
    await writer.append([intended(2)])
    await Promise.all(lazy)
    expect(faults.syncs - before).toBe(1)
    void writer.append([intended(3)], { isLazy: true })
    await writer.close()
    expect((await store.read('r1')).records).toEqual([created('r1'), intended(1), intended(2), intended(3)])
  })

  it('writes a record that nobody waits for after some milliseconds', async () => {
    const { store } = await makeStore()
    const writer = await store.create('r1', samplePlan)
    await writer.append([created('r1')], { isLazy: true })
    expect((await store.read('r1')).records).toEqual([created('r1')])
  })

  it('lists runs from the newest to the oldest', async () => {
    const { store } = await makeStore()
    for (const runId of ['b', 'c', 'a']) {
      const writer = await store.create(runId, samplePlan)
      await writer.append([created(runId)])
      await writer.close()
      await new Promise((resolve) => {
        setTimeout(resolve, 5)
      })
    }
    expect(await store.list()).toEqual(['a', 'c', 'b'])
  })
}
