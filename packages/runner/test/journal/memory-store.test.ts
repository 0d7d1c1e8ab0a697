import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/journal/memory-store.ts'
import type { AppendFate } from '../../src/journal/memory-store.ts'
import type { RunStore } from '../../src/store.ts'
import { rejection } from './expect-error.ts'
import { created, intended, resumed, samplePlan, streamOf } from './samples.ts'

function storeThatDies(at: number, fate: AppendFate): RunStore {
  return memoryStore({ onAppend: (_record, index) => (index === at ? fate : 'keep') })
}

describe('a writer that dies at a record', () => {
  for (const [fate, kept] of [
    ['die-before', 1],
    ['die-after', 2],
    ['hang-before', 1],
    ['hang-after', 2],
  ] as const) {
    it(`keeps ${kept} of three records of one append and frees its lock (${fate})`, async () => {
      const store = storeThatDies(1, fate)
      const writer = await store.create('r1', samplePlan)
      const appended = writer.append([created('r1'), intended(1), intended(2)])
      const outcome = await Promise.race([appended.catch((error: unknown) => error), settledAfterTurns()])
      expect(outcome).toEqual(fate.startsWith('die') ? expect.objectContaining({ code: 'INTERNAL' }) : 'pending')
      const next = await store.open('r1')
      expect(next.records).toEqual([created('r1'), intended(1)].slice(0, kept))
      await next.append([resumed(2), intended(3)])
      expect((await store.read('r1')).records).toHaveLength(kept + 2)
    })
  }

  for (const [fate, kept] of [
    ['die-before', []],
    ['die-after', [created('r1'), intended(1), intended(2)]],
  ] as const) {
    it(`loses records that nobody waited for only when it dies before the next (${fate})`, async () => {
      const store = storeThatDies(2, fate)
      const writer = await store.create('r1', samplePlan)
      const waiting = Promise.allSettled([writer.append([created('r1')], { isLazy: true }), writer.append([intended(1)], { isLazy: true })])
      await rejection(writer.append([intended(2), intended(3)]), 'INTERNAL')
      expect(
        await store.read('r1').then(
          ({ records }) => records,
          () => [],
        ),
      ).toEqual(kept)
      const lost = { status: 'rejected', reason: expect.objectContaining({ message: expect.stringContaining('died here') }) }
      expect((await waiting)[0]).toMatchObject(fate === 'die-after' ? { status: 'fulfilled' } : lost)
    })
  }

  it('keeps records that nobody waits for in order, and writes them when it is closed', async () => {
    const store = storeThatDies(99, 'die-before')
    const writer = await store.create('r1', samplePlan)
    const waiting = writer.append([created('r1')], { isLazy: true })
    await writer.append([intended(1)])
    await waiting
    void writer.append([intended(2)], { isLazy: true })
    await writer.close()
    expect((await store.read('r1')).records).toEqual([created('r1'), intended(1), intended(2)])
  })

  it('does nothing more for its old holder, and asks about each record once', async () => {
    const seen: number[] = []
    const store = memoryStore({
      onAppend: (_record, index) => {
        seen.push(index)
        return index === 1 ? 'die-before' : 'keep'
      },
    })
    const writer = await store.create('r1', samplePlan)
    await writer.append([created('r1')])
    await rejection(writer.append([intended(1)]), 'INTERNAL')
    await rejection(writer.append([intended(2)]), 'INTERNAL')
    await rejection(writer.putBlob(streamOf('late')), 'INTERNAL')
    await rejection(writer.queueNotice({ key: 'r1/n', kind: 'a.b', options: {}, queuedAt: 1 }), 'INTERNAL')
    await (await store.open('r1')).close()
    expect(seen).toEqual([0, 1])
  })
})

it('goes on without a turn of the event loop, so that tests with a clock of their own cannot hang', async () => {
  const store = memoryStore()
  const writer = await store.create('r1', samplePlan)
  let hasTurned = false
  setImmediate(() => (hasTurned = true))
  const until = performance.now() + 50
  while (performance.now() < until) await writer.append([intended(1)])
  expect(hasTurned).toBe(false)
})

async function settledAfterTurns(): Promise<string> {
  for (let turns = 0; turns < 20; turns++) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
  return 'pending'
}
