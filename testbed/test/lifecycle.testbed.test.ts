import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { system } from '../src/index.ts'
import { cacheFolder, withParts } from '../src/cache.ts'
import { isAlive, recordedProcesses, type RecordedProcess } from '../src/processes.ts'
import { kubernetes } from '../src/systems/kubernetes.ts'

await system('kubernetes')

/** A cache with the installed programs of the real one, in which nothing runs. */
const cache = mkdtempSync(join(tmpdir(), 'backstep-lifecycle-test-'))
const running = join(cache, 'running')

beforeAll(() => {
  for (const { name, installation } of withParts(kubernetes))
    if (installation !== undefined) symlinkSync(join(cacheFolder(), name), join(cache, name))
  mkdirSync(running)
})
afterAll(() => rmSync(cache, { recursive: true, force: true }))

const program = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
const env = { ...process.env, BACKSTEP_TESTBED_CACHE: cache }
const testbed = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [program, ...args], { env })).stdout

function processes(): readonly RecordedProcess[] {
  return readdirSync(running).flatMap((name) => recordedProcesses(join(running, name, 'processes')))
}

const namesOf = (records: readonly RecordedProcess[]): readonly string[] => records.filter(isAlive).map(({ name }) => name)
const controlPlane = ['01-etcd', '02-kube-apiserver', '03-kube-controller-manager', '04-kube-scheduler', '05-kwok']

describe('the command', () => {
  it('starts the real thing, leaves it running, and starts it once', async () => {
    const first = await testbed('up', 'kubernetes')
    expect(namesOf(processes()).filter((name) => name !== '00-watcher')).toEqual(controlPlane)
    const before = processes()
    expect(await testbed('up', 'kubernetes')).toBe(first)
    expect(processes().filter(({ name }) => name !== '00-watcher')).toEqual(before.filter(({ name }) => name !== '00-watcher'))
  })

  it('says that it is healthy, where it is and what it takes', async () => {
    const text = await testbed('status')
    expect(text).toMatch(/^kubernetes 1\.36\.3: healthy, since /)
    expect(text).toMatch(/kubeconfig +\S+admin\.kubeconfig/)
    expect(text).toMatch(/process +\d+ {2}kube-apiserver +\d+ MB/)
    expect(text).not.toMatch(/token/i)
  })

  it('stops it, and nothing of it is left', async () => {
    const before = processes()
    expect(await testbed('down')).toMatch(/kubernetes 1\.36\.3 stopped/)
    expect(namesOf(before)).toEqual([])
    expect(readdirSync(running)).toEqual([])
    expect(await testbed('status')).toBe('nothing runs\n')
  })
})

describe('a start that is killed in the middle', () => {
  it('leaves nothing running', async () => {
    const starter = spawn(process.execPath, [program, 'up', 'kubernetes'], { env, stdio: 'ignore' })
    await expect.poll(() => namesOf(processes()), { timeout: 60_000, interval: 20 }).toContain('02-kube-apiserver')
    const before = processes()
    starter.kill('SIGKILL')
    await expect.poll(() => namesOf([...before, ...processes()]), { timeout: 60_000, interval: 100 }).toEqual([])
    await expect
      .poll(() => readdirSync(running).filter((name) => existsSync(join(running, name, 'state.json'))), { timeout: 10_000 })
      .toEqual([])
  })
})
