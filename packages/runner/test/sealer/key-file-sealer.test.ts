import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keyFileSealer } from '../../src/sealer/key-file-sealer.ts'
import { plainSealer } from '../../src/sealer/plain-sealer.ts'
import { sealText, unsealText } from '../../src/sealer/seal-text.ts'
import { rejection } from '../journal/expect-error.ts'
import { bytesOf, streamOf } from '../journal/samples.ts'

const run = promisify(execFile)
let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'backstep-seal-'))
  path = join(directory, 'state', 'seal.key')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('keyFileSealer', () => {
  it('makes its key on the first sealing, for its owner alone, and another sealer opens with it', async () => {
    const sealed = await bytesOf(keyFileSealer({ path }).seal(streamOf('snapshot')))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readFile(path, 'utf8')).toMatch(/^backstep-key-v1 [A-Za-z0-9+/]{43}=\n$/)
    expect((await bytesOf(keyFileSealer({ path }).unseal(streamOf(sealed)))).toString()).toBe('snapshot')
    expect(await readdir(join(directory, 'state'))).toEqual(['seal.key'])
  })

  it('uses one key when many processes make it at once', async () => {
    const script = join(import.meta.dirname, 'seal-child.ts')
    const children = await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, [script, path])))
    const texts = await Promise.all(children.map(({ stdout }) => unsealText(keyFileSealer({ path }), { sealed: stdout })))
    expect(texts).toEqual(['made here', 'made here', 'made here', 'made here'])
    expect(await readdir(join(directory, 'state'))).toEqual(['seal.key'])
  }, 60_000)

  it('uses one key when it is asked many times at once', async () => {
    const sealers = Array.from({ length: 20 }, () => keyFileSealer({ path }))
    const sealed = await Promise.all(sealers.map((sealer) => sealText(sealer, 'text')))
    for (const one of sealed) expect(await unsealText(keyFileSealer({ path }), one)).toBe('text')
  })

  it('refuses a key that others may read or change, and says how to mend it', async () => {
    await bytesOf(keyFileSealer({ path }).seal(streamOf('x')))
    for (const mode of [0o640, 0o604, 0o620, 0o666]) {
      await chmod(path, mode)
      const error = await rejection(sealText(keyFileSealer({ path }), 'x'), 'PERMISSION_DENIED')
      expect([error.message, error.hint]).toEqual([expect.stringContaining(mode.toString(8)), expect.stringContaining(`chmod 600 ${path}`)])
    }
    await chmod(path, 0o600)
    expect((await sealText(keyFileSealer({ path }), 'x')).sealed).not.toBe('')
  })

  it('refuses a file that holds no key, and leaves it as it is', async () => {
    await bytesOf(keyFileSealer({ path }).seal(streamOf('x')))
    for (const text of ['', 'backstep-key-v1 short=\n', 'swordfish', `backstep-key-v2 ${'A'.repeat(43)}=\n`]) {
      await writeFile(path, text)
      const error = await rejection(sealText(keyFileSealer({ path }), 'x'), 'SECRET_NOT_FOUND')
      if (text !== '') expect(error.message).not.toContain(text)
      expect(await readFile(path, 'utf8')).toBe(text)
    }
  })

  it('never makes a new key to unseal with', async () => {
    const sealed = await sealText(keyFileSealer({ path }), 'x')
    await rm(path)
    const error = await rejection(unsealText(keyFileSealer({ path }), sealed), 'SNAPSHOT_MISSING')
    expect(error.message).toContain(`${path} is gone`)
    expect(await readdir(join(directory, 'state'))).toEqual([])
  })

  it('says so when it may not make its key', async () => {
    const error = await rejection(sealText(keyFileSealer({ path: '/proc/backstep/seal.key' }), 'x'), 'PERMISSION_DENIED')
    expect(error.message).toContain('/proc/backstep/seal.key')
  })
})

describe('sealed text', () => {
  it('comes back the same', async () => {
    for (const sealer of [keyFileSealer({ path }), plainSealer()]) {
      for (const text of ['', 'password', 'Größe 🚀', 'x'.repeat(200_000)])
        expect(await unsealText(sealer, await sealText(sealer, text))).toBe(text)
    }
  })

  it('is refused when it was changed', async () => {
    const sealer = keyFileSealer({ path })
    const { sealed } = await sealText(sealer, 'password')
    for (const changed of ['', 'password', `${sealed}!`, sealed.slice(4), sealed.replace(/.$/, ''), `A${sealed.slice(1)}`]) {
      expect((await rejection(unsealText(sealer, { sealed: changed }), 'SNAPSHOT_MISSING')).hint).toContain('key file')
    }
  })
})
