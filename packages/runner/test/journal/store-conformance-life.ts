import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { rejection } from './expect-error.ts'
import { created, intended, noted, resumed, samplePlan } from './samples.ts'
import type { MakeStore } from './store-conformance.ts'

/** Making, writing, reading, listing, closing. */
export function testLifeOfARun(makeStore: MakeStore): void {
  it('gives back the plan and every record as they were written', async () => {
    const { store } = await makeStore()
    const records = [created('r1'), intended(1), noted(2), resumed(1)]
    const writer = await store.create('r1', samplePlan)
    for (const record of records) await writer.append([record])
    expect(await store.read('r1')).toEqual({ runId: 'r1', plan: samplePlan, records, epoch: 1, head: writer.head })
  })

  it('keeps the order of the calls when appends run together', async () => {
    const { store } = await makeStore()
    const writer = await store.create('r1', samplePlan)
    const records = Array.from({ length: 300 }, (_, number) => intended(number))
    await Promise.all(records.map((record) => writer.append([record])))
    expect((await store.read('r1')).records).toEqual(records)
  })

  it('raises the epoch at each opening and goes on where the last writer stopped', async () => {
    const { store } = await makeStore()
    const first = await store.create('r1', samplePlan)
    await first.append([created('r1')])
    await first.close()
    const second = await store.open('r1')
    expect([first.epoch, second.epoch, second.head]).toEqual([1, 2, first.head])
    expect(second.records).toEqual([created('r1')])
    await second.append([resumed(2)])
    await second.close()
    expect((await store.open('r1')).epoch).toBe(3)
  })

  it('refuses to make a run twice and changes nothing', async () => {
    const { store } = await makeStore()
    const writer = await store.create('r1', samplePlan)
    await writer.append([created('r1')])
    await rejection(store.create('r1', { ...samplePlan, name: 'other' }), 'JOURNAL_CONFLICT')
    await writer.close()
    const error = await rejection(store.create('r1', { ...samplePlan, name: 'other' }), 'JOURNAL_CONFLICT')
    expect(error.effect).toBe('none')
    expect((await store.read('r1')).plan).toEqual(samplePlan)
  })

  it('knows no run that was never made', async () => {
    const { store } = await makeStore()
    await rejection(store.open('nobody'), 'RUN_NOT_FOUND')
    await rejection(store.read('nobody'), 'RUN_NOT_FOUND')
    expect(await store.list()).toEqual([])
  })

  it('takes a run without any record as never begun, and lets it be made again', async () => {
    const { store } = await makeStore()
    await (await store.create('r1', samplePlan)).close()
    const error = await rejection(store.open('r1'), 'RUN_NOT_FOUND')
    expect(error.message).toMatch(/nothing was changed/)
    expect(await store.list()).toEqual([])
    const writer = await store.create('r1', { ...samplePlan, name: 'second' })
    await writer.append([created('r1')])
    expect((await store.read('r1')).plan.name).toBe('second')
  })

  it('refuses ids that could not be the name of a folder', async () => {
    const { store } = await makeStore()
    for (const id of ['', '..', 'a/b', '.hidden', 'x'.repeat(129)]) {
      const error = await rejection(store.create(id, samplePlan), 'OPTIONS_INVALID')
      expect(error.message).toContain(JSON.stringify(id))
    }
  })

  it('refuses what would not come back from JSON the same, and goes on', async () => {
    const { store } = await makeStore()
    const writer = await store.create('r1', samplePlan)
    const receipts = { date: new Date(0), map: new Map(), number: Number.NaN, call: () => 1, big: 1n, holes: [undefined] }
    for (const [field, value] of Object.entries(receipts)) {
      const record = { at: 1, type: 'step.effected', id: 'a.b@c', receipt: { [field]: value } } as never
      const error = await rejection(writer.append([intended(1), record]), 'INTERNAL')
      expect(error.message).toContain(`step.effected.receipt.${field}`)
    }
    await writer.append([{ at: 1, type: 'step.effected', id: 'a.b@c', receipt: { left: undefined, out: null } }])
    expect((await store.read('r1')).records).toEqual([{ at: 1, type: 'step.effected', id: 'a.b@c', receipt: { out: null } }])
  })

  it('refuses a record that claims the epoch of another writer, a field of the envelope or a time that is none', async () => {
    const { store } = await makeStore()
    const writer = await store.create('r1', samplePlan)
    await rejection(writer.append([resumed(7)]), 'INTERNAL')
    await rejection(writer.append([{ ...intended(1), seq: 5 } as never]), 'INTERNAL')
    for (const at of [Number.NaN, 1.5, -1, 1e15]) {
      const error = await rejection(writer.append([{ ...intended(1), at }]), 'INTERNAL')
      expect(error.message).toContain('step.intended.at')
    }
  })

  it('refuses every append after closing, and closes twice', async () => {
    const { store } = await makeStore()
    const writer = await store.create('r1', samplePlan)
    const pending = writer.append([created('r1')])
    await Promise.all([writer.close(), writer.close()])
    await pending
    await rejection(writer.append([intended(1)]), 'INTERNAL')
    expect((await store.read('r1')).records).toHaveLength(1)
  })

  it('gives each step one work folder, there again after a crash and gone when the run has ended', async () => {
    const { store } = await makeStore()
    const writer = await store.create('r1', samplePlan)
    await writer.append([created('r1')])
    const ids = ['a.b@x/y', 'a.b@x-y', `a.b@${'long'.repeat(50)}`, '../..']
    const paths = await Promise.all(ids.map((id) => writer.workDirectory(id)))
    expect(new Set(paths).size).toBe(ids.length)
    expect(paths.every((path) => existsSync(path))).toBe(true)
    await writer.close()
    const again = await store.open('r1')
    expect(await Promise.all(ids.map((id) => again.workDirectory(id)))).toEqual(paths)
    await again.close({ ended: true })
    expect(paths.some((path) => existsSync(path))).toBe(false)
  })
}
