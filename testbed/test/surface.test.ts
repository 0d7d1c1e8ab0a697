import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { entryOf, markOf, readAudit } from '../src/cluster/audit.ts'
import { doctor } from '../src/doctor.ts'
import { progressFileVariable, progressOn } from '../src/progress.ts'
import { tokenFile } from '../src/systems/cluster-users.ts'
import { systemsWanted } from '../src/vitest-setup.ts'
import { ownCache, tinySystem } from './tiny-system.ts'

const cache = ownCache()
const folder = mkdtempSync(join(cache, 'files-'))

const cli = async (...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
  const program = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
  try {
    const output = await promisify(execFile)(process.execPath, [program, ...args], {
      env: { ...process.env, BACKSTEP_TESTBED_CACHE: cache },
    })
    return { code: 0, ...output }
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string }
  }
}

describe('the command', () => {
  it('explains itself', async () => {
    expect((await cli()).stdout).toMatch(/pnpm testbed up[\s\S]*Systems: kubernetes/)
  })

  it('says that nothing runs', async () => {
    expect((await cli('status')).stdout).toBe('nothing runs\n')
    expect((await cli('down')).stdout).toBe('nothing runs\n')
  })

  it('refuses a word that it does not know, with what it knows', async () => {
    expect(await cli('start')).toMatchObject({ code: 1, stderr: expect.stringContaining('what to do: Run `pnpm testbed help`.') as string })
    expect(await cli('up', 'kubernets')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Use one of: kubernetes, postgres16') as string,
    })
  })
})

describe('the doctor', () => {
  const examine = async (missing: boolean) => {
    const find = async () => (missing ? { missing: 'no' } : { found: 'yes' })
    const lines: string[] = []
    const code = await doctor([tinySystem('examined', { needs: [{ what: 'Go 9', find, get: 'brew install go' }] })], (line) =>
      lines.push(line),
    )
    return { code, text: lines.join('\n') }
  }

  it('says what is missing and the command that gets it', async () => {
    const { code, text } = await examine(true)
    expect(code).toBe(1)
    expect(text).toMatch(/MISSING {2}Go 9: no\n +get it: brew install go/)
  })

  it('says what each system costs, and when all is there', async () => {
    const { code, text } = await examine(false)
    expect(code).toBe(0)
    expect(text).toMatch(/costs 1 s to install once, 1 MB of disk, 1 s to start, 40 MB of memory/)
    expect(text).toMatch(/Nothing is missing/)
  })
})

describe('progress', () => {
  afterEach(() => void vi.stubEnv(progressFileVariable, undefined))

  it('prints a stage at once and a detail now and then, and keeps the last line in a file', () => {
    const file = join(folder, 'progress')
    vi.stubEnv(progressFileVariable, file)
    const written: string[] = []
    let nowMs = 0
    const progress = progressOn({ write: (text) => written.push(text) }, () => nowMs)
    progress.stage('building')
    for (nowMs = 1000; nowMs <= 21_000; nowMs += 1000) progress.detail(`${nowMs / 1000} packages`)
    expect(written).toEqual(['     0 s  building\n', '    10 s  10 packages\n', '    20 s  20 packages\n'])
    expect(readFileSync(file, 'utf8')).toBe('21 packages\n')
  })
})

describe('the audit log', () => {
  const line = (more: object) => ({
    requestURI: '/api/v1/namespaces/one/pods',
    verb: 'create',
    user: { username: 'testbed-admin' },
    objectRef: { resource: 'pods', namespace: 'one', name: 'p' },
    responseStatus: { code: 201 },
    requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
    ...more,
  })

  it('tells a write from a read, a dry run and a question', () => {
    const asks = { objectRef: { resource: 'selfsubjectaccessreviews' } }
    expect(entryOf(line({})).isWrite).toBe(true)
    expect(entryOf(line({ verb: 'watch' })).isWrite).toBe(false)
    expect(entryOf(line({ requestURI: '/api/v1/pods/p?fieldManager=x&dryRun=All' }))).toMatchObject({ isWrite: false, isDryRun: true })
    expect(entryOf(line(asks)).isWrite).toBe(false)
    expect(entryOf(line({ objectRef: { resource: 'pods', subresource: 'eviction', namespace: 'one', name: 'p' } }))).toMatchObject({
      resource: 'pods/eviction',
      isWrite: true,
    })
  })

  it('is read from a mark, for one namespace, without the line that is still being written', () => {
    const path = join(folder, 'audit.log')
    const text = (more: object) => `${JSON.stringify(line(more))}\n`
    expect(markOf(path)).toBe(0)
    writeFileSync(path, text({ verb: 'delete' }))
    const mark = markOf(path)
    const elsewhere = { objectRef: { resource: 'pods', namespace: 'two', name: 'one' } }
    writeFileSync(path, text({}) + text(elsewhere) + text({ verb: 'patch' }).slice(0, -10), { flag: 'a' })
    expect(readAudit(path, 'one', mark).map(({ verb }) => verb)).toEqual(['create'])
    expect(readAudit(path, 'one', 0).map(({ verb }) => verb)).toEqual(['delete', 'create'])
  })
})

it('reads from the test files which systems they want, and whether they share them', () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const named = (...paths: readonly string[]) => [...systemsWanted(paths)].map(([{ name }, isShared]) => [name, isShared])
  const shares = file('shares.ts', "const cluster = await system('kubernetes')")
  const owns = file('owns.ts', 'const cluster = await ownCluster()')
  const other = file('other.ts', "file system('s')")
  expect(named(other)).toEqual([])
  expect(named(owns)).toEqual([['kubernetes', false]])
  expect(named(owns, shares)).toEqual([['kubernetes', true]])
  expect(named(shares, owns)).toEqual([['kubernetes', true]])
  const database = file('database.ts', "const server = await ownPostgres({ major: 16 }); const old = await system('postgres16')")
  expect(named(database)).toEqual([
    ['postgres16', true],
    ['postgres-programs', false],
  ])
  expect(named(file('redis.ts', 'const server = await ownRedis()'))).toEqual([['redis', false]])
})

it('gives each part of the cluster a user of its own', () => {
  const tokens = { admin: 'a', 'controller-manager': 'b', scheduler: 'c', kwok: 'd' }
  expect(tokenFile(tokens)).toBe(
    'a,testbed-admin,admin,"system:masters"\nb,system:kube-controller-manager,controller-manager\nc,system:kube-scheduler,scheduler\nd,testbed-kwok,kwok,"system:masters"\n',
  )
})
