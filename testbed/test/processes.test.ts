import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { identityOf, isAlive, recordedProcesses, startRecorded, startTimeOf, stopProcess, thisProcess } from '../src/processes.ts'

const hasProc = existsSync('/proc/self')
const folder = mkdtempSync(join(tmpdir(), 'backstep-processes-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const start = (name: string, program: string) =>
  startRecorded(folder, name, { command: process.execPath, args: ['-e', program], cwd: folder, logFile: join(folder, 'logs', name) })

const forever = 'setInterval(() => {}, 1000)'

describe('a recorded process', () => {
  it('is found again by its id and start time, until it is stopped', async () => {
    const record = await start('01-lives', forever)
    expect(recordedProcesses(folder)).toContainEqual(record)
    expect(record.startedAt).toBe(startTimeOf(record.pid))
    await stopProcess(record)
    expect(isAlive(record)).toBe(false)
  })

  it.runIf(hasProc)('is a group of its own, so that a Ctrl-C for us does not end it', async () => {
    const record = await start('02-group', forever)
    const group = Number(readFileSync(`/proc/${record.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2])
    expect(group).toBe(record.pid)
    await stopProcess(record)
  })

  it('is ended when it does not end by itself', async () => {
    const record = await start('03-stubborn', `process.on('SIGTERM', () => console.log('no')); console.log('ready'); ${forever}`)
    const log = join(folder, 'logs', '03-stubborn')
    await expect.poll(() => readFileSync(log, 'utf8')).toBe('ready\n')
    await stopProcess(record, 200)
    expect(isAlive(record)).toBe(false)
    expect(readFileSync(log, 'utf8')).toBe('ready\nno\n')
  })

  it('is not another one that was given its number', async () => {
    const innocent = spawn(process.execPath, ['-e', forever], { stdio: 'ignore' })
    const pid = innocent.pid ?? 0
    const stale = { ...identityOf(pid), startedAt: 'an earlier boot/17' }
    expect(isAlive(stale)).toBe(false)
    await stopProcess(stale)
    expect(isAlive(identityOf(pid))).toBe(true)
    innocent.kill()
  })

  it('that cannot be started says where to look', async () => {
    const wrong = startRecorded(folder, '04-wrong', {
      command: '/no/such/program',
      args: [],
      cwd: '/no/such/folder',
      logFile: join(folder, 'logs', 'x'),
    })
    await expect(wrong).rejects.toMatchObject({ name: 'TestbedError', hint: `Read ${join(folder, 'logs', 'x')}.` })
  })

  it('is not believed when its record is damaged', () => {
    const own = mkdtempSync(join(tmpdir(), 'backstep-processes-test-'))
    writeFileSync(join(own, '01-empty'), '')
    writeFileSync(join(own, '02-half'), `${process.pid}`)
    expect(recordedProcesses(own)).toEqual([])
    rmSync(own, { recursive: true })
  })
})

it.runIf(hasProc)('sees that a process has ended although its parent does not ask for it', async () => {
  const parent = spawn('/bin/sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(parent.stdout, 'data')) as [Buffer]
  const child = identityOf(Number(said.toString('utf8')))
  expect(isAlive(child)).toBe(true)
  await expect.poll(() => isAlive(child), { timeout: 20_000, interval: 50 }).toBe(false)
  expect(existsSync(`/proc/${child.pid}`)).toBe(true)
  parent.kill()
  expect(isAlive(thisProcess())).toBe(true)
})
