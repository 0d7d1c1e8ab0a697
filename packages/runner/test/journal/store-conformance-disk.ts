import { expect, it } from 'vitest'
import { rejection } from './expect-error.ts'
import { created, intended, noted, resumed, samplePlan } from './samples.ts'
import type { MakeStore } from './store-conformance.ts'

/** A disk that is short, full or broken. Once for syncs through the thread pool, once for syncs in place. */
export function testFailingDisk(makeStore: MakeStore): void {
  for (const warmUp of [0, 30]) {
    const when = `after ${warmUp} records`

    it(`writes whole records through writes that take a few bytes (${when})`, async () => {
      const { store, faults } = await makeStore()
      const writer = await store.create('r1', samplePlan)
      for (let number = 0; number < warmUp; number++) await writer.append([intended(number)])
      faults.writeAtMost = 7
      await writer.append([created('r1'), noted(1)])
      expect((await store.read('r1')).records.slice(warmUp)).toEqual([created('r1'), noted(1)])
    })

    it(`acknowledges nothing that did not fit on a full disk, and loses nothing that it acknowledged (${when})`, async () => {
      const { store, faults } = await makeStore()
      const writer = await store.create('r1', samplePlan)
      await writer.append([created('r1')])
      for (let number = 0; number < warmUp; number++) await writer.append([intended(number)])
      faults.roomBytes = 100
      const error = await rejection(writer.append([noted(1)]), 'INTERNAL')
      expect(error.message).toContain('ENOSPC')
      expect(error.hint).toContain('Free space')
      expect(error.effect).toBe('unknown')
      delete faults.roomBytes
      await rejection(writer.append([noted(2)]), 'INTERNAL')
      await writer.close()
      const next = await store.open('r1')
      expect(next.repaired?.bytes).toBe(100)
      expect(next.records).toHaveLength(1 + warmUp)
      await next.append([resumed(2)])
      expect((await store.read('r1')).records.at(-1)).toEqual(resumed(2))
    })

    it(`never syncs again after a failed sync (${when})`, async () => {
      const { store, faults } = await makeStore()
      const writer = await store.create('r1', samplePlan)
      await writer.append([created('r1')])
      for (let number = 0; number < warmUp; number++) await writer.append([intended(number)])
      faults.syncCode = 'EIO'
      const error = await rejection(writer.append([noted(1)]), 'INTERNAL')
      expect(error.message).toContain('EIO')
      delete faults.syncCode
      const syncs = faults.syncs
      await rejection(writer.append([noted(2)]), 'INTERNAL')
      expect(faults.syncs).toBe(syncs)
      await writer.close()
      await (await store.open('r1')).close()
    })

    it(`fails every append that waits behind a failed one (${when})`, async () => {
      const { store, faults } = await makeStore()
      const writer = await store.create('r1', samplePlan)
      for (let number = 0; number < warmUp; number++) await writer.append([intended(number)])
      faults.syncCode = 'EIO'
      const first = writer.append([noted(1)])
      await Promise.resolve()
      const results = await Promise.allSettled([first, writer.append([noted(2)]), writer.append([noted(3)])])
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    })
  }

  it('acknowledges a record only after its sync', async () => {
    const { store, faults } = await makeStore()
    const writer = await store.create('r1', samplePlan)
    const gate = Promise.withResolvers<void>()
    faults.syncGate = gate.promise
    let isAcknowledged = false
    const appended = writer.append([created('r1')]).then(() => (isAcknowledged = true))
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
    }
    expect(isAcknowledged).toBe(false)
    gate.resolve()
    await appended
  })

  it('makes no half run when the disk is full', async () => {
    const { store, faults } = await makeStore()
    faults.roomBytes = 150
    const error = await rejection(store.create('r1', samplePlan), 'INTERNAL')
    expect(error.effect).toBe('none')
    delete faults.roomBytes
    expect(await store.list()).toEqual([])
    await rejection(store.open('r1'), 'RUN_NOT_FOUND')
    await (await store.create('r1', samplePlan)).append([created('r1')])
    expect((await store.read('r1')).records).toEqual([created('r1')])
  })
}
