import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openSqlite } from '../../src/journal/sqlite.ts'
import { fileLeases } from '../../src/leases/file-leases.ts'
import { memoryLeases } from '../../src/leases/memory-leases.ts'
import { isRunning, processStart } from '../../src/leases/process-identity.ts'
import { rejection } from '../journal/expect-error.ts'
import { testLeases } from './lease-conformance.ts'

const run = promisify(execFile)
const folders: string[] = []
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'backstep-leases-'))
  folders.push(directory)
})
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

testLeases('memoryLeases', async (clock) => memoryLeases({ clock }))
testLeases('fileLeases', async (clock) => fileLeases({ directory, clock }))

const owner = { runId: 'r1', host: hostname(), pid: process.pid }

describe('leases in a file', () => {
  it('are held by one process at a time, with tokens that only grow', async () => {
    const child = join(import.meta.dirname, 'contend-child.ts')
    const outputs = await Promise.all(['r1', 'r2', 'r3'].map((runId) => run(process.execPath, [child, directory, runId, '60', 'a', 'b'])))
    const held = outputs.flatMap(({ stdout }) => stdout.trim().split('\n')).map((line) => line.split(' '))
    expect(held).toHaveLength(180)
    expect(held.every(([, , , , wasCurrent]) => wasCurrent === 'true')).toBe(true)
    for (const key of ['a', 'b']) {
      const spans = held
        .filter(([name]) => name === key)
        .map(([, token, from, to]) => ({ token: Number(token), from: BigInt(from!), to: BigInt(to!) }))
      spans.sort((one, other) => one.token - other.token)
      expect(spans.map(({ token }) => token)).toEqual(spans.map((_, index) => index + 1))
      for (const [index, span] of spans.entries()) expect(span.from > (spans[index - 1]?.to ?? 0n), `token ${span.token}`).toBe(true)
    }
  }, 60_000)

  it('are there for another store on the same directory, and after closing', async () => {
    const first = fileLeases({ directory })
    await first.acquire('a', owner, 30_000)
    first.close()
    const second = fileLeases({ directory })
    expect(await second.list()).toMatchObject([{ key: 'a', token: 1, owner, isAlive: true }])
    expect(await first.isCurrent('a', 1)).toBe(true)
  })

  it('wait for another process that has the file, and let timers run meanwhile', async () => {
    const leases = fileLeases({ directory })
    await leases.list()
    const other = openSqlite(join(directory, 'leases.db'), { busyMs: 0 })
    other.exec('BEGIN IMMEDIATE')
    const asked = leases.acquire('a', owner, 30_000)
    await new Promise((resolve) => {
      setTimeout(resolve, 30)
    })
    other.exec('COMMIT')
    other.close()
    expect(await asked).toEqual({ granted: true, token: 1 })
  })

  it('refuse a file that is no lease file, and leave it as it is', async () => {
    await writeFile(join(directory, 'leases.db'), 'this is no database, however long it may be '.repeat(50))
    const error = await rejection(fileLeases({ directory }).acquire('a', owner, 30_000), 'INTERNAL')
    expect([error.effect, error.message]).toEqual(['none', expect.stringContaining(join(directory, 'leases.db'))])
  })

  it('refuse a file of a newer version', async () => {
    const newer = openSqlite(join(directory, 'leases.db'), { busyMs: 0 })
    newer.exec('PRAGMA user_version = 2')
    newer.close()
    const error = await rejection(fileLeases({ directory }).list(), 'NOT_SUPPORTED')
    expect(error.message).toContain('newer version of Backstep (format 2)')
  })

  it('name the folder that they may not use', async () => {
    const error = await rejection(fileLeases({ directory: '/proc/backstep' }).list(), 'INTERNAL')
    expect(error.message).toContain('/proc/backstep/leases.db')
  })
})

describe('the identity of a process', () => {
  it('tells a process from a later one under the same number', async () => {
    const start = await processStart(owner)
    expect(await isRunning(owner, start)).toBe(true)
    if (start !== undefined) expect(await isRunning(owner, `${start}0`)).toBe(false)
    expect(await isRunning(owner, undefined)).toBe(true)
    expect(await isRunning({ ...owner, pid: 2 ** 22 + 1 }, undefined)).toBe(false)
    expect(await isRunning({ ...owner, host: 'elsewhere' }, start)).toBe(undefined)
  })
})
