import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compareVersions, findTool, parseToolVersion, toolVersion, type VersionRange } from '../src/index.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'version-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function program(script: string): string {
  const path = join(folder, 'tool')
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

const ask = (command: string, ranges?: readonly VersionRange[], abortSignal = new AbortController().signal) =>
  toolVersion({
    command,
    args: ['version'],
    environment: { PATH: '/usr/bin:/bin' },
    abortSignal,
    ...(ranges === undefined ? {} : { ranges }),
  })

describe('the version of a tool', () => {
  it.each([
    ['v3.21.4+g5c4f1a2', '3.21.4'],
    ['version.BuildInfo{Version:"v4.3.1", GitCommit:"", GoVersion:"go1.25.0"}', '4.3.1'],
    ['Terraform v1.9.0-rc.1\non linux_amd64', '1.9.0-rc.1'],
  ])('is read out of %s', (text, expected) => {
    expect(parseToolVersion(text)?.text).toBe(expected)
  })

  it('orders versions by number, and a pre-release before its release', () => {
    const ordered = ['3.9.0', '3.21.4', '4.0.0-rc.1', '4.0.0', '4.0.5'].map((text) => parseToolVersion(text)!)
    expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered)
  })

  it('is accepted inside a range, and refused outside with the ranges that were proved', async () => {
    const ranges = [{ atLeast: '3.10.0', below: '5.0.0' }]
    expect(await ask(program('echo v4.3.1'), ranges)).toMatchObject({ text: '4.3.1' })
    await expect(ask(program('echo v5.0.0'), ranges)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining('3.10.0'),
    })
    await expect(ask(program('echo v3.9.9'), ranges)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  })

  it('is no guess: a program that prints none is refused', async () => {
    await expect(ask(program('echo hello'))).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
    await expect(ask(program('exit 1'))).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    await expect(ask(program('sleep 60'), undefined, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED', effect: 'none' })
  })
})

describe('a tool', () => {
  it('is found on the path, by absolute path, and nowhere else', async () => {
    const path = program('exit 0')
    expect(await findTool({ tool: 'tool', searchPath: `relative:/nowhere:${folder}` })).toBe(path)
    expect(await findTool({ tool: path })).toBe(path)
    await expect(findTool({ tool: './tool' })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
    await expect(findTool({ tool: 'tool', searchPath: '/nowhere' })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
  })

  it('has to be a program that may be run', async () => {
    chmodSync(program('exit 0'), 0o600)
    await expect(findTool({ tool: 'tool', searchPath: folder })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
  })
})
