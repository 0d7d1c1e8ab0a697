import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { installedFolder, instanceKey } from '../src/cache.ts'
import { ensureInstalled, installedFacts, notInstalled } from '../src/install.ts'
import { quietly } from '../src/progress.ts'
import type { Installation, MachineNeed } from '../src/system.ts'
import { ownCache, tinySystem } from './tiny-system.ts'

ownCache()

const installs = (installation: Partial<Installation>, inputs: readonly string[] = ['a']) =>
  ({ installation: { inputs, install: async () => undefined, ...installation } }) as const

describe('an installation', () => {
  it('appears whole or not at all', async () => {
    let isBroken = true
    const system = tinySystem('breaks', {
      ...installs({
        async install(folder) {
          writeFileSync(join(folder, 'half'), 'x')
          if (isBroken) throw new Error('the network went away')
        },
      }),
    })
    await expect(ensureInstalled(system, quietly)).rejects.toThrow('the network went away')
    expect(existsSync(installedFolder(system))).toBe(false)
    isBroken = false
    await ensureInstalled(system, quietly)
    expect(readFileSync(join(installedFolder(system), 'half'), 'utf8')).toBe('x')
  })

  it('is done once, also when two want it', async () => {
    let times = 0
    const install = async () => void (await sleep(50).then(() => times++))
    const system = tinySystem('wanted', installs({ install }))
    await Promise.all([ensureInstalled(system, quietly), ensureInstalled(system, quietly)])
    await ensureInstalled(system, quietly)
    expect(times).toBe(1)
    expect(installedFacts(system)).toMatchObject({ megabytes: 0 })
  })

  it('goes on from the part at which it stopped', async () => {
    const done: string[] = []
    let isBroken = true
    const part = (name: string) =>
      tinySystem(
        name,
        installs({ install: async () => (name === 'second' && isBroken ? Promise.reject(new Error('stopped')) : void done.push(name)) }),
      )
    const system = tinySystem('whole', { parts: [part('first'), part('second')] })
    await expect(ensureInstalled(system, quietly)).rejects.toThrow('stopped')
    expect(notInstalled(system).map(({ name }) => name)).toEqual(['second'])
    isBroken = false
    await ensureInstalled(system, quietly)
    expect(done).toEqual(['first', 'second'])
  })

  it('says what the machine lacks before it begins', async () => {
    const need: MachineNeed = { what: 'Go 9', find: async () => ({ missing: '`go` is not on the PATH' }), get: 'apt-get install go' }
    const system = tinySystem('needy', { ...installs({ install: () => Promise.reject(new Error('began')) }), needs: [need] })
    await expect(ensureInstalled(system, quietly)).rejects.toMatchObject({
      message: 'Go 9 is needed: `go` is not on the PATH',
      hint: 'Run: apt-get install go',
    })
  })

  it('of other inputs lies elsewhere, and so does what runs from it', () => {
    const [one, other] = ['a', 'b'].map((input) => tinySystem('same', installs({}, [input])))
    expect(installedFolder(one!)).not.toBe(installedFolder(other!))
    expect(instanceKey(one!)).not.toBe(instanceKey(other!))
    expect(instanceKey(tinySystem('same', { startInputs: ['--flag'] }))).not.toBe(instanceKey(tinySystem('same')))
  })
})
