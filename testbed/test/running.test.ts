import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runningFolder } from '../src/cache.ts'
import { addUser, type Instance, livingUsers, readInstance, removeUser, stopInstance, systemProcesses } from '../src/instance.ts'
import { quietly } from '../src/progress.ts'
import { identityOf, isAlive, recordedProcesses, type RecordedProcess, stopProcess, thisProcess } from '../src/processes.ts'
import { ensureRunning, leave, stopAbandoned, stopRunning, whatIsWrong } from '../src/running.ts'
import type { System } from '../src/system.ts'
import { ownCache, tinySystem } from './tiny-system.ts'

const cache = ownCache()
const soon = { timeout: 20_000, interval: 50 }
const up = (name: string, more: Parameters<typeof tinySystem>[1] = {}, isKept = false) => {
  const system = tinySystem(name, more)
  return ensureRunning(system, { isKept, progress: quietly })
}
const allProcesses = ({ folder }: Instance): readonly RecordedProcess[] => recordedProcesses(join(folder, 'processes'))
const alive = (records: readonly RecordedProcess[]): readonly string[] => records.filter(isAlive).map(({ name }) => name)

describe('a system that is up', () => {
  it('is what everybody gets', async () => {
    const [one, other] = await Promise.all([up('shared'), up('shared')])
    expect(one.state.settings).toEqual(other.state.settings)
    expect(systemProcesses(one.folder)).toHaveLength(1)
    await leave(one.folder, thisProcess(), quietly)
  })

  it('is started anew when one of its processes has ended', async () => {
    const first = await up('fragile')
    const [record] = systemProcesses(first.folder)
    await stopProcess(record!)
    expect(await whatIsWrong(first, tinySystem('fragile'))).toBe('fragile has ended')
    const second = await up('fragile')
    expect(alive(systemProcesses(second.folder))).toEqual(['01-fragile'])
    expect(systemProcesses(second.folder)[0]?.pid).not.toBe(record?.pid)
    await leave(second.folder, thisProcess(), quietly)
  })

  it('is asked again when a look fails while somebody uses it, and never taken away from them for that', async () => {
    let looks = 0
    const late = { health: async () => (++looks === 1 ? 'no answer in time' : undefined) }
    const first = await up('late', late)
    const [record] = systemProcesses(first.folder)
    const second = await up('late', late)
    expect(looks).toBe(2)
    expect(systemProcesses(second.folder)).toEqual([record])
    await leave(second.folder, thisProcess(), quietly)
  })

  it('is stopped when its last user leaves, and not before', async () => {
    const instance = await up('left')
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    onTestFinished(() => void other.kill())
    addUser(instance.folder, { pid: other.pid ?? 0, startedAt: 'of another process that had this number' })
    expect(livingUsers(instance.folder)).toEqual([thisProcess()])
    const records = allProcesses(instance)
    expect(alive(records)).toEqual(['00-watcher', '01-left'])
    await leave(instance.folder, thisProcess(), quietly)
    expect(alive(records)).toEqual([])
    expect(existsSync(instance.folder)).toBe(false)
  })

  it('stays when somebody leaves while another one still uses it', async () => {
    const instance = await up('busy')
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    onTestFinished(() => void other.kill())
    addUser(instance.folder, identityOf(other.pid ?? 0))
    await leave(instance.folder, thisProcess(), quietly)
    expect(alive(systemProcesses(instance.folder))).toEqual(['01-busy'])
    other.kill()
    await once(other, 'exit')
    await expect.poll(() => existsSync(instance.folder), soon).toBe(false)
  })

  it('is stopped when somebody deletes its folder', async () => {
    const instance = await up('deleted')
    const records = allProcesses(instance)
    await sleep(1000)
    rmSync(instance.folder, { recursive: true })
    await expect.poll(() => alive(records), soon).toEqual([])
  })

  it('stays without users when it is kept, and needs no watcher then', async () => {
    const instance = await up('kept', {}, true)
    await leave(instance.folder, thisProcess(), quietly)
    await expect.poll(() => alive(allProcesses(instance)), soon).toEqual(['01-kept'])
    expect((await up('kept')).state.isKept).toBe(true)
    await stopRunning(instance.folder, quietly)
    expect(alive(allProcesses(instance))).toEqual([])
  })

  it('is stopped in the opposite order of its start, each part when the one after it is gone', async () => {
    const file = join(cache, 'order')
    const slowly =
      "process.on('SIGTERM', () => setTimeout(() => { require('node:fs').appendFileSync(process.argv[1], process.argv[2] + ' '); process.exit() }, 50))"
    const part = (name: string, more: Partial<System> = {}): System => ({
      ...tinySystem(name, more),
      health: async () => undefined,
      async start(context) {
        await context.run(name, process.execPath, ['-e', `${slowly}; console.log('ready'); setInterval(() => {}, 1000)`, file, name])
        await context.until(name, async () => readFileSync(join(context.folder, 'logs', `${name}.log`), 'utf8') === 'ready\n')
      },
    })
    const parts = [part('first'), part('second')]
    const stop = async (): Promise<void> => appendFileSync(file, 'own-stop ')
    const instance = await ensureRunning(part('whole', { parts }), { progress: quietly })
    await stopInstance(instance, { ...part('whole', { parts }), stop })
    expect(readFileSync(file, 'utf8')).toBe('own-stop whole second first ')
    expect(existsSync(instance.folder)).toBe(false)
  })
})

describe('a start that fails', () => {
  it('leaves nothing behind and shows the end of the log', async () => {
    const start = up('fails', {
      async start(context) {
        await context.run('helper', process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
        await context.run('fails', process.execPath, ['-e', "console.error('port is taken'); process.exit(3)"])
        await context.until('it answers', async () => false)
      },
    })
    await expect(start).rejects.toThrow(/fails did not start: fails has ended:\nport is taken/)
    expect(readdirSync(runningFolder()).filter((name) => name.startsWith('fails-'))).toEqual([])
  })

  it('says what it waited for when time is over', async () => {
    const start = up('waits', { start: (context) => context.until('it answers', async () => false, 100) })
    await expect(start).rejects.toThrow(/waits did not start: not within 0.1 s: it answers/)
  })
})

describe('a starter that is killed', () => {
  /** Runs in a process of its own, and is killed as soon as it prints something. */
  async function killWhenItSays(program: string): Promise<Instance> {
    const module = (path: string): string => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)))
    const text = `import { ensureRunning } from ${module('../src/running.ts')}
      import { request } from 'node:http'
      ${program}`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', text], {
      env: { ...process.env, BACKSTEP_TESTBED_CACHE: cache },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    const instance = readInstance(said.toString('utf8').trim())
    child.kill('SIGKILL')
    return instance!
  }

  const lasting = "['-e', 'setInterval(() => {}, 1000)']"
  const system = (start: string): string =>
    `const system = { name: 'orphan', version: '1', summary: '', needs: [], cost: {}, start: ${start} }`
  const progress = '{ stage() {}, detail() {} }'

  it('leaves nothing running', async () => {
    const instance = await killWhenItSays(`
      ${system(`(context) => context.run('orphan', process.execPath, ${lasting})`)}
      const { folder } = await ensureRunning(system, { progress: ${progress} })
      console.log(folder)
      setInterval(() => {}, 1000)`)
    const records = allProcesses(instance)
    expect(records.map(({ name }) => name)).toEqual(['00-watcher', '01-orphan'])
    await expect.poll(() => alive(records), soon).toEqual([])
    await expect.poll(() => existsSync(instance.folder), soon).toBe(false)
  })

  it('leaves nothing running in the middle of a start either', async () => {
    const instance = await killWhenItSays(`
      ${system(`async (context) => {
        await context.run('orphan', process.execPath, ${lasting})
        console.log(context.folder)
        await new Promise(() => setInterval(() => {}, 1000))
      }`)}
      await ensureRunning(system, { progress: ${progress} })`)
    expect(instance.state.phase).toBe('starting')
    const records = allProcesses(instance)
    expect(records.map(({ name }) => name)).toContain('01-orphan')
    await expect.poll(() => alive(records), soon).toEqual([])
  })

  it('and its watcher too: the next command clears up', async () => {
    const instance = await up('forgotten')
    const records = allProcesses(instance)
    await stopProcess(
      records.find(({ name }) => name === '00-watcher')!,
      0,
    )
    expect(await stopAbandoned(quietly)).toEqual([])
    removeUser(instance.folder, thisProcess())
    expect((await stopAbandoned(quietly)).map(({ state }) => state.system)).toEqual(['forgotten'])
    expect(alive(records)).toEqual([])
  })
})
