import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { withLock } from '../src/lock.ts'
import { ownCache } from './tiny-system.ts'

const cache = ownCache()

describe('a lock', () => {
  it('lets one at a time work', async () => {
    let working = 0
    let most = 0
    const work = async () => {
      most = Math.max(most, ++working)
      await sleep(20)
      working--
    }
    let waits = 0
    await Promise.all([1, 2, 3].map(() => withLock('one', work, () => waits++)))
    expect(most).toBe(1)
    expect(waits).toBeGreaterThan(0)
  })

  it('is free again when the work has failed', async () => {
    await expect(withLock('fails', () => Promise.reject(new Error('work failed')))).rejects.toThrow('work failed')
    expect(await withLock('fails', async () => 'worked')).toBe('worked')
  })

  it('does not keep out those who want another one', async () => {
    expect(await withLock('outer', () => withLock('inner', async () => 'both'))).toBe('both')
  })

  it('is free again when its holder was killed', async () => {
    const module = fileURLToPath(new URL('../src/lock.ts', import.meta.url))
    const program = `import { withLock } from ${JSON.stringify(module)}
      await withLock('killed', async () => { console.log('held'); await new Promise(() => setInterval(() => {}, 1000)) })`
    const holder = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
      env: { ...process.env, BACKSTEP_TESTBED_CACHE: cache },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    let hasWaited = false
    const mine = withLock(
      'killed',
      async () => hasWaited,
      () => {
        hasWaited = true
        holder.kill('SIGKILL')
      },
    )
    expect(await mine).toBe(true)
  })
})
