import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fileStore } from '../../src/journal/file-store.ts'
import { nodeFileSystem } from '../../src/journal/file-system.ts'
import type { FileSystem } from '../../src/journal/file-system.ts'
import { refuseNetworkFileSystem } from '../../src/journal/network-file-system.ts'
import type { RunStore } from '../../src/store.ts'
import { rejection } from './expect-error.ts'
import { killWriters } from './kill-writer.ts'
import { bytesOf, created, intended, noted, samplePlan, streamOf } from './samples.ts'

const run = promisify(execFile)
const script = (name: string): string => join(import.meta.dirname, name)

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'backstep-files-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('the journal file', () => {
  it('can be checked by anybody with sha256 and crc32', async () => {
    const writer = await fileStore({ directory }).create('r1', samplePlan)
    await writer.append([created('r1'), noted(1), intended(2)])
    const folder = join(directory, 'runs', 'r1')
    const lines = (await readFile(join(folder, 'journal.jsonl'), 'utf8')).trimEnd().split('\n')
    let previous = createHash('sha256')
      .update(await readFile(join(folder, 'plan.json')))
      .digest('hex')
    for (const [seq, line] of lines.entries()) {
      const record = JSON.parse(line) as Record<string, unknown>
      expect(record).toMatchObject({
        v: 1,
        seq,
        epoch: 1,
        prev: previous,
        crc: crc32(line.slice(0, line.lastIndexOf(',"crc"')))
          .toString(16)
          .padStart(8, '0'),
      })
      previous = createHash('sha256').update(line).digest('hex')
    }
    expect(previous).toBe(writer.head)
    expect(JSON.parse(lines[2]!)).toMatchObject({ type: 'step.noted', at: '2026-11-22T04:30:00.001Z', note: { number: 1 } })
  })

  it('is for its owner alone, and snapshots hold no plain text', async () => {
    const writer = await fileStore({ directory: join(directory, 'state') }).create('r1', samplePlan)
    const blob = await writer.putBlob(streamOf('the password is swordfish'))
    const folder = join(directory, 'state', 'runs', 'r1')
    const stored = join(folder, 'blobs', blob.blob)
    expect((await stat(folder)).mode & 0o077).toBe(0)
    expect((await stat(stored)).mode & 0o077).toBe(0)
    expect((await readFile(stored)).includes('swordfish')).toBe(false)
    expect((await bytesOf(writer.getBlob(blob))).toString()).toBe('the password is swordfish')
  })

  it('of 100,000 records is read whole', async () => {
    const store = fileStore({ directory })
    const writer = await store.create('r1', samplePlan)
    for (let thousand = 0; thousand < 100; thousand++)
      await writer.append(Array.from({ length: 1000 }, (_, number) => intended(thousand * 1000 + number)))
    const { records, head } = await store.read('r1')
    expect([records.length, records.at(-1), head]).toEqual([100_000, intended(99_999), writer.head])
  }, 60_000)
})

describe('reading without the lock', () => {
  it('looks again when the journal was repaired under it, and believes what stays', async () => {
    const store = fileStore({ directory })
    const writer = await store.create('r1', samplePlan)
    await writer.append([created('r1'), noted(1)])
    const storeThatMisreads = (times: number): RunStore => {
      let left = times
      const read: FileSystem['read'] = async (file, into, position) => {
        const bytes = await nodeFileSystem.read(file, into, position)
        const text = Buffer.from(into.buffer, into.byteOffset, bytes)
        if (text.includes('journal.begun') && left-- > 0) into.fill(0x78, 300, 310)
        return bytes
      }
      return fileStore({ directory, fileSystem: { ...nodeFileSystem, read } })
    }
    expect((await storeThatMisreads(1).read('r1')).records).toEqual([created('r1'), noted(1)])
    await rejection(storeThatMisreads(99).read('r1'), 'JOURNAL_CORRUPT')
  })
})

describe('processes', () => {
  it('refuses a second process while the first writes, and frees the lock when the first is killed', async () => {
    const store = fileStore({ directory })
    const child = spawn(process.execPath, [script('append-child.ts'), directory, 'r1'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = new Promise((resolve) => {
      child.on('exit', resolve)
    })
    await new Promise((resolve) => {
      child.stdout.once('data', resolve)
    })
    child.stdout.resume()
    const error = await rejection(store.open('r1'), 'LEASE_HELD')
    expect(error.message).toContain(`process ${child.pid} on host`)
    expect((await store.read('r1')).records.length).toBeGreaterThan(0)
    child.kill('SIGKILL')
    await exited
    const writer = await store.open('r1')
    expect(writer.epoch).toBe(2)
    await writer.close()
  })

  it('loses no acknowledged record when its process is killed at any moment', async () => {
    const { acknowledged, faults } = await killWriters({ directory, kills: 4, seed: 20_261_122 })
    expect(faults).toEqual([])
    expect(acknowledged).toBeGreaterThan(0)
  }, 60_000)

  it('keeps a snapshot larger than its memory may grow', async () => {
    const { stdout } = await run(process.execPath, [script('large-blob-child.ts'), directory, '200'])
    const { bytes, isSame, grewMegabytes } = JSON.parse(stdout) as { bytes: number; isSame: boolean; grewMegabytes: number }
    expect([bytes, isSame]).toEqual([200 * 1024 * 1024, true])
    expect(grewMegabytes).toBeLessThan(150)
  }, 60_000)

  it('survives a disk that is really full', async ({ skip }) => {
    const mounted = ['-m', 'bash', '-c', 'mount -t tmpfs -o size=256k tmpfs "$1" && exec "$2" "$3" "$1"', 'bash']
    const isAllowed = await run('unshare', [...mounted.slice(0, 2), '-c', 'mount -t tmpfs tmpfs "$1"', 'bash', directory]).then(
      () => true,
      () => false,
    )
    if (!isAllowed) skip('this user may not mount a small disk')
    const { stdout } = await run('unshare', [...mounted, directory, process.execPath, script('full-disk-child.ts')])
    const seen = JSON.parse(stdout) as Record<string, unknown>
    expect(seen).toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('ENOSPC'),
      later: 'INTERNAL',
      openedOnFull: 'INTERNAL',
      last: 'run.resumed',
    })
    expect(seen['acknowledged']).toBeGreaterThan(0)
    expect(seen['found']).toBeGreaterThanOrEqual(seen['acknowledged'] as number)
  }, 60_000)
})

describe('where it cannot work', () => {
  it('says so when this Node has no SQLite', async () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
    const error = await rejection(fileStore({ directory }).create('r1', samplePlan), 'NOT_SUPPORTED')
    expect(error.hint).toContain('Node 22.13')
    vi.restoreAllMocks()
  })

  it('refuses a network file system, also for a folder that is still to be made', async () => {
    const nfs = async (path: string): Promise<number> => {
      if (path !== directory) throw Object.assign(new Error(path), { code: 'ENOENT' })
      return 0x6969
    }
    const error = await rejection(refuseNetworkFileSystem(join(directory, 'a', 'b'), nfs), 'NOT_SUPPORTED')
    expect(error.message).toContain('NFS')
    // statfs gives the type of CIFS as a negative number.
    await rejection(
      refuseNetworkFileSystem(directory, async () => -11_317_950),
      'NOT_SUPPORTED',
    )
    await refuseNetworkFileSystem(directory, async () => 0xef53)
    await refuseNetworkFileSystem(join(directory, 'not', 'there'))
  })

  it('names a lock file that is none', async () => {
    const writer = await fileStore({ directory }).create('r1', samplePlan)
    await writer.append([created('r1')])
    await writer.close()
    await writeFile(join(directory, 'runs', 'r1', 'lock.db'), 'this is no lock file '.repeat(100))
    const error = await rejection(fileStore({ directory }).open('r1'), 'INTERNAL')
    expect([error.effect, error.message]).toEqual(['none', expect.stringContaining(join('r1', 'lock.db'))])
  })

  it('names the folder that it may not write to', async () => {
    const error = await rejection(fileStore({ directory: '/proc/backstep' }).create('r1', samplePlan), 'INTERNAL')
    expect([error.effect, error.message]).toEqual(['none', expect.stringContaining('/proc/backstep')])
  })
})
