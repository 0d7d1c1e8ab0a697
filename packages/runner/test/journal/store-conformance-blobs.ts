import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readWhole } from '../../src/journal/durable-file.ts'
import type { RunWriter } from '../../src/store.ts'
import { rejection } from './expect-error.ts'
import { overwrite } from './faulty-file-system.ts'
import { bytesOf, created, samplePlan, streamOf } from './samples.ts'
import type { MakeStore, StoreUnderTest } from './store-conformance.ts'

async function openRun(makeStore: MakeStore): Promise<StoreUnderTest & { readonly writer: RunWriter }> {
  const made = await makeStore()
  const writer = await made.store.create('r1', samplePlan)
  await writer.append([created('r1')])
  return { ...made, writer }
}

/** Snapshots and messages. */
export function testBlobs(makeStore: MakeStore): void {
  it('gives a snapshot back as it was, also to a later writer', async () => {
    const { store, writer } = await openRun(makeStore)
    const blob = await writer.putBlob(streamOf('one ', '', 'two'))
    const empty = await writer.putBlob(streamOf())
    expect([blob.bytes, empty.bytes]).toEqual([7, 0])
    await writer.close()
    const next = await store.open('r1')
    expect((await bytesOf(next.getBlob(blob))).toString()).toBe('one two')
    expect(await bytesOf(next.getBlob(empty))).toHaveLength(0)
  })

  it('keeps the same content twice', async () => {
    const { writer } = await openRun(makeStore)
    const blobs = await Promise.all([writer.putBlob(streamOf('same')), writer.putBlob(streamOf('same'))])
    for (const blob of blobs) expect((await bytesOf(writer.getBlob(blob))).toString()).toBe('same')
  })

  it('hands out no byte of a snapshot that is gone, cut or changed, and names the file', async () => {
    const { writer, fileSystem, runsDirectory } = await openRun(makeStore)
    const blob = await writer.putBlob(streamOf(Buffer.alloc(200_000, 'snapshot ')))
    const path = join(runsDirectory, 'r1', 'blobs', blob.blob)
    const bytes = (await readWhole(fileSystem, path))!
    const flipped = Buffer.from(bytes)
    flipped[bytes.length - 20]! ^= 4
    for (const damaged of [
      flipped,
      bytes.subarray(0, -1),
      bytes.subarray(0, 65_536),
      Buffer.alloc(0),
      Buffer.concat([bytes, Buffer.alloc(1)]),
    ]) {
      await overwrite(fileSystem, path, damaged)
      const first = writer.getBlob(blob)[Symbol.asyncIterator]().next()
      expect((await rejection(first, 'SNAPSHOT_MISSING')).message).toContain(path)
      expect((await readWhole(fileSystem, path))!.equals(damaged)).toBe(true)
    }
    await fileSystem.remove(path)
    expect((await rejection(bytesOf(writer.getBlob(blob)), 'SNAPSHOT_MISSING')).message).toContain('is gone')
  })

  it('refuses names that are no hash, so that a step cannot read other files', async () => {
    const { writer } = await openRun(makeStore)
    for (const blob of ['../plan.json', '', 'A'.repeat(64)]) {
      const error = await rejection(bytesOf(writer.getBlob({ blob, bytes: 1 })), 'SNAPSHOT_MISSING')
      expect(error.message).toContain('not the name of a snapshot')
    }
  })

  it('keeps nothing of a stream that fails or does not fit, and the run goes on', async () => {
    const { writer, fileSystem, runsDirectory, faults } = await openRun(makeStore)
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half')
      throw Object.assign(new Error('dump was cut'), { code: 'ECONNRESET' })
    }
    await expect(writer.putBlob(broken())).rejects.toThrow('dump was cut')
    faults.roomBytes = 10
    const full = await rejection(writer.putBlob(streamOf('more than ten bytes')), 'INTERNAL')
    expect(full.effect).toBe('none')
    expect(full.message).toContain('ENOSPC')
    delete faults.roomBytes
    faults.syncCode = 'EIO'
    await rejection(writer.putBlob(streamOf('unsynced')), 'INTERNAL')
    delete faults.syncCode
    expect(await fileSystem.list(join(runsDirectory, 'r1', 'blobs'))).toEqual([])
    await writer.append([created('r1')])
  })

  it('removes what a writer that died had begun to keep', async () => {
    const { store, writer, fileSystem, runsDirectory } = await openRun(makeStore)
    const blob = await writer.putBlob(streamOf('whole'))
    await overwrite(fileSystem, join(runsDirectory, 'r1', 'blobs', '.new-1'), Buffer.from('half'))
    await writer.close()
    await store.open('r1')
    expect(await fileSystem.list(join(runsDirectory, 'r1', 'blobs'))).toEqual([blob.blob])
  })

  it('keeps each message once, oldest first, until the journal says that it was delivered', async () => {
    const { store, writer } = await openRun(makeStore)
    const notice = (leaf: string, queuedAt: number) => ({ key: `r1/${leaf}`, kind: 'slack.message', options: { text: leaf }, queuedAt })
    await Promise.all([
      writer.queueNotice(notice('a late one', 9)),
      writer.queueNotice(notice('an early one', 1)),
      writer.queueNotice(notice('an early one', 5)),
    ])
    expect(await writer.pendingNotices()).toEqual([notice('an early one', 1), notice('a late one', 9)])
    await writer.append([{ at: 1, type: 'notice.delivered', id: 'an early one' }])
    expect(await writer.pendingNotices()).toEqual([notice('a late one', 9)])
    await writer.close()
    const next = await store.open('r1')
    expect(await next.pendingNotices()).toEqual([notice('a late one', 9)])
    await next.append([{ at: 1, type: 'notice.undeliverable', id: 'a late one', detail: 'no channel' }])
    expect(await next.pendingNotices()).toEqual([])
  })

  it('refuses a message that is not plain data', async () => {
    const { writer } = await openRun(makeStore)
    const notice = { key: 'r1/n', kind: 'slack.message', options: { at: new Date(0) }, queuedAt: 1 }
    expect((await rejection(writer.queueNotice(notice), 'INTERNAL')).message).toContain('notice r1/n.options.at')
  })
}
