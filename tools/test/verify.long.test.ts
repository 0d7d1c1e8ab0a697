import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { mapAtMost, runCommand } from '../verify/command.ts'
import { phaseOver } from '../verify/phase.ts'
import { readProgress } from '../verify/progress-file.ts'
import { type Tally, tallyFileVariable } from '../verify/tally-reporter.ts'
import { repositoryRoot } from '../workspace.ts'

describe('verify', () => {
  it('refuses a check it does not know', async () => {
    const { exitCode, output } = await runCommand(process.execPath, [join(repositoryRoot, 'tools/verify.ts'), '--only', 'typos'])
    expect(exitCode).toBe(2)
    expect(output).toContain('no such check: typos')
  })

  it('counts a check that looked at nothing as failed', () => {
    expect(phaseOver(0, 'files', [])).toMatchObject({ ok: false })
    expect(phaseOver(3, 'files', [])).toMatchObject({ ok: true, summary: '3 files' })
    expect(phaseOver(3, 'files', ['one is wrong'])).toMatchObject({ ok: false, output: 'one is wrong' })
  })

  it('shows how far a long check is, and nothing old', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'backstep-progress-')), 'progress')
    expect(readProgress(path)).toBeUndefined()
    writeFileSync(path, 'building etcd: 40 packages\n')
    expect(readProgress(path)).toBe('building etcd: 40 packages')
    utimesSync(path, 0, 0)
    expect(readProgress(path)).toBeUndefined()
  })

  it('reports a program that cannot be started as failed, not as an error', async () => {
    expect(await runCommand('no-such-program-here', [])).toMatchObject({ ok: false, exitCode: 127 })
  })

  it('never has more at work than allowed, and keeps the order', async () => {
    let atWork = 0
    let most = 0
    const results = await mapAtMost([3, 1, 2], 2, async (turns) => {
      most = Math.max(most, ++atWork)
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      atWork--
      return turns * 10
    })
    expect(results).toEqual([30, 10, 20])
    expect(most).toBe(2)
  })
})

describe('the tally of vitest', () => {
  const root = mkdtempSync(join(repositoryRoot, 'node_modules', '.tally-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it('knows each test, why one was skipped, and a file that failed to load', async () => {
    writeFileSync(join(root, 'vitest.config.ts'), 'export default { test: { name: "inner", include: ["*.spec.ts"] } }\n')
    writeFileSync(
      join(root, 'three.spec.ts'),
      "import { expect, it } from 'vitest'\nit('passes', () => {})\nit('fails', () => { expect(1).toBe(2) })\nit('waits', ({ skip }) => { skip('no database') })\n",
    )
    writeFileSync(join(root, 'broken.spec.ts'), "import './none.ts'\n")
    const tallyFile = join(mkdtempSync(join(tmpdir(), 'backstep-tally-')), 'tally.json')
    const reporter = `--reporter=${join(repositoryRoot, 'tools/verify/tally-reporter.ts')}`
    await runCommand('vitest', ['run', '--root', root, reporter], { cwd: root, env: { [tallyFileVariable]: tallyFile } })
    const tally = JSON.parse(readFileSync(tallyFile, 'utf8')) as Tally
    expect(tally.files.find((file) => file.path === 'broken.spec.ts')).toMatchObject({ failedToLoad: true, tests: [] })
    expect(tally.files.find((file) => file.path === 'three.spec.ts')?.tests).toEqual([
      { name: 'passes', state: 'passed' },
      { name: 'fails', state: 'failed' },
      { name: 'waits', state: 'skipped', reason: 'no database' },
    ])
  })
})
