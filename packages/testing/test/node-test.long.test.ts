import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { collectChecks } from './conformance.ts'
import { configBench } from './steps/config-bench.ts'
import { settingsBench } from './steps/settings-bench.ts'

function runWithNode(file: string): {
  readonly status: number | null
  readonly counts: Readonly<Record<string, number>>
  readonly output: string
} {
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined }
  const path = fileURLToPath(new URL(`node/${file}`, import.meta.url))
  const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', path], { encoding: 'utf8', env })
  const counts = Object.fromEntries([...stdout.matchAll(/^# (\w+) (\d+)$/gm)].map(([, name = '', count]) => [name, Number(count)]))
  return { status, counts, output: stdout }
}

describe('under node:test', () => {
  it('the same promises are proved', { timeout: 120_000 }, () => {
    const { status, counts, output } = runWithNode('good.node.ts')
    expect([status, output]).toEqual([0, expect.not.stringContaining('not ok')])
    const promises = collectChecks(async () => settingsBench()).size + collectChecks(configBench).size
    expect(counts).toMatchObject({ tests: promises, pass: promises - 12, skipped: 12, fail: 0 })
    expect(output).toContain('# SKIP not promised: the bench has no proxy')
  })

  it('a wrong step fails', { timeout: 120_000 }, () => {
    const { status, counts, output } = runWithNode('wrong.node.ts')
    expect(status).toBe(1)
    expect(counts['fail']).toBeGreaterThan(0)
    expect(output).toMatch(/not ok \d+ - execute reaches the target, and verify agrees/)
  })
})
