import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { collectChecks } from '../conformance.ts'
import { settingsBench } from '../steps/settings-bench.ts'

const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

describe('the README', () => {
  const readme = textOf('../../README.md')

  it.each(['restore-flag.ts', 'restore-flag.test.ts'])('shows %s as it is run here', (file) => {
    expect(readme).toContain(`\`\`\`ts\n${textOf(file)}\`\`\``)
  })

  it('names every promise that is tested', () => {
    const missing = [...collectChecks(async () => settingsBench()).keys()].filter((promise) => !readme.includes(`- ${promise}\n`))
    expect(missing).toEqual([])
  })
})
