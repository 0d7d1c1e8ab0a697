import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repositoryRoot } from '../workspace.ts'

interface Ended {
  readonly exitCode: number | null
  readonly said: string
}

describe('the bootstrap', () => {
  let root = ''

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'backstep-bootstrap-'))
    for (const folder of ['tools', 'bench', 'docs', 'packages', 'examples']) mkdirSync(join(root, folder))
    for (const file of ['tools/bootstrap.mjs', 'package.json', 'pnpm-workspace.yaml'])
      copyFileSync(join(repositoryRoot, file), join(root, file))
    writeFileSync(join(root, 'pnpm-lock.yaml'), "lockfileVersion: '9.0'\n")
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  /** Runs it with an npm that does what `npm` says; undefined: there is none. */
  function bootstrap(args: readonly string[], npm?: string): Ended {
    const folder = join(root, 'bin')
    mkdirSync(folder)
    if (npm !== undefined) writeFileSync(join(folder, 'npm'), `#!/bin/sh\n${npm}\n`, { mode: 0o755 })
    const env = { PATH: npm === undefined ? folder : `${folder}:/usr/bin:/bin` }
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'tools/bootstrap.mjs'), ...args], { env, encoding: 'utf8' })
    return { exitCode: status, said: stderr }
  }

  it('refuses a script it does not know, and names the ones it knows', () => {
    expect(bootstrap(['quickstrat'])).toEqual({
      exitCode: 1,
      said: '\nerror: unknown script "quickstrat"\nwhat to do: Use one of: quickstart, verify.\n',
    })
  })

  it('says how to get npm when there is none', () => {
    const { exitCode, said } = bootstrap(['quickstart'])
    expect(exitCode).toBe(1)
    expect(said).toContain('npm could not be started')
    expect(said).toContain('install Node from https://nodejs.org')
  })

  it.each([
    ['no network', 'echo "getaddrinfo EAI_AGAIN registry" >&2', 'Check the network'],
    ['a full disk', 'echo "ENOSPC: no space left on device" >&2', 'Make room'],
    ['a folder of somebody else', 'echo "EACCES: permission denied, mkdir" >&2', 'check who owns this folder'],
    ['a lockfile that is behind', 'echo "ERR_PNPM_OUTDATED_LOCKFILE" >&2', 'commit the lockfile'],
  ])('shows what failed and what to do about %s', (_name, npm, hint) => {
    const { exitCode, said } = bootstrap(['verify'], `${npm}\nexit 1`)
    expect(exitCode).toBe(1)
    expect(said).toContain('failed with exit code 1; its output is above')
    expect(said).toContain(hint)
  })

  it('does not call an install done that left no Node behind', () => {
    const { exitCode, said } = bootstrap(['quickstart'], 'exit 0')
    expect(exitCode).toBe(1)
    expect(said).toContain('the pinned Node is missing')
  })
})
