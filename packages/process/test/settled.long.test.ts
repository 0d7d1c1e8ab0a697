import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { settled, startOf } from '../src/index.ts'
import { isAlive, kill, startParent, textOf, until } from './left-behind.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settled-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const signal = (): AbortSignal => new AbortController().signal
const wait = (abortSignal = signal()): ReturnType<typeof settled> => settled({ folder, name: 'left-behind', abortSignal })
const file = (name: string): string => join(folder, name)

describe('a tool whose process was killed by SIGKILL', () => {
  it('finishes its work, and the next process waits for it', async () => {
    const parent = startParent(folder, 'finish', 'touch begun; while [ ! -e go ]; do echo line; sleep 0.02; done; touch done')
    await until(() => readdirSync(folder).includes('begun'))
    await kill(parent)
    const waiting = wait()
    // Time for its first look: a tool that had ended by then would not have been waited for.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(readdirSync(folder)).not.toContain('done')
    writeFileSync(file('go'), '')
    expect(await waiting).toBe('waited')
    expect(readdirSync(folder)).toContain('done')
    expect(await wait()).toBe('nothing')
  })

  it('is stopped with its process, where that was asked for, and everything that it started', async () => {
    const parent = startParent(folder, 'stop', 'sleep 60 & echo $! > inner; touch begun; wait')
    await until(() => textOf(file('inner')) !== '' && readdirSync(folder).includes('begun'))
    await kill(parent)
    expect(['waited', 'ended']).toContain(await wait())
    await until(() => !isAlive(Number(textOf(file('inner')))))
  })

  it('is killed when it does not listen', async () => {
    const parent = startParent(folder, 'stop', "trap '' TERM; touch begun; while :; do sleep 0.1; done")
    await until(() => readdirSync(folder).includes('begun'))
    await kill(parent)
    expect(await wait()).toBe('waited')
  })

  it('never overlaps with the next process, at whatever moment the first was killed', { timeout: 180_000 }, async () => {
    for (let moment = 0; moment < 10; moment++) {
      const parent = startParent(folder, 'finish', 'echo begin >> log; sleep 0.05; echo end >> log')
      await until(
        () => readdirSync(folder).some((name) => name.endsWith(moment % 2 === 0 ? '.ticket' : '.mark')) || parent.exitCode !== null,
      )
      await kill(parent)
      await wait()
      const lines = textOf(file('log')).split('\n').filter(Boolean)
      expect(lines.length % 2, `killed at ${moment}: ${lines.join(' ')}`).toBe(0)
      const later = textOf(file('log'))
      await new Promise((resolve) => setTimeout(resolve, 80))
      expect(textOf(file('log'))).toBe(later)
    }
  })
})

describe('what an earlier process left', () => {
  it('is nothing where nothing was started', async () => {
    expect(await wait()).toBe('nothing')
  })

  it('is not waited for when its id belongs to another process now', async () => {
    writeFileSync(file('left-behind.mark'), `${process.pid} 1@another boot\n`)
    expect(await wait()).toBe('ended')
  })

  it('is waited for by id and start: an own process stands for a tool that still runs', async () => {
    writeFileSync(file('left-behind.mark'), `${process.pid} ${await startOf(process.pid)}\n`)
    const controller = new AbortController()
    const waiting = wait(controller.signal)
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED', effect: 'none' })
  })

  it('is prevented from starting when it had not started yet', async () => {
    writeFileSync(file('left-behind.ticket'), '')
    expect(await wait()).toBe('prevented')
    expect(readdirSync(folder)).not.toContain('left-behind.ticket')
  })
})

describe('the start of a process', () => {
  it('is steady for one that lives, and none for one that is gone', async () => {
    expect(await startOf(process.pid)).toBe(await startOf(process.pid))
    expect(await startOf(2 ** 22 + 1)).toBeUndefined()
  })
})
