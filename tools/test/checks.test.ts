import { copyFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type CommandResult, runCommand } from '../verify/command.ts'
import { countTap } from '../verify/test-phases.ts'
import { repositoryRoot } from '../workspace.ts'
import { adapterDependencies, type Fixture, manifestText, repositoryFixture } from './fixture.ts'

/** Gives a fixture the real configuration and the installed tools. */
function withTools(fixture: Fixture): Fixture {
  for (const name of ['.oxlintrc.json', 'turbo.json', 'tsconfig.base.json'])
    copyFileSync(join(repositoryRoot, name), join(fixture.root, name))
  symlinkSync(join(repositoryRoot, 'node_modules'), join(fixture.root, 'node_modules'))
  return fixture
}

async function lintOf(path: string, source: string): Promise<string> {
  using fixture = withTools(repositoryFixture({ [path]: source, 'tsconfig.json': '{ "extends": "./tsconfig.base.json" }' }))
  const { ok, output } = await runCommand('oxlint', ['--deny-warnings', '--format', 'unix', path], { cwd: fixture.root })
  return ok ? 'clean' : output
}

async function boundariesOf(overrides: Readonly<Record<string, string>>): Promise<CommandResult> {
  using fixture = withTools(repositoryFixture(overrides))
  return await runCommand('turbo', ['boundaries'], { cwd: fixture.root })
}

describe('the linter', () => {
  it('lets sound code pass', async () => {
    expect(await lintOf('packages/shop/src/errors.ts', 'export const a: number = 1\n')).toBe('clean')
  })

  it.each([
    [
      'a promise nobody awaits',
      'packages/shop/src/errors.ts',
      'export const a = async (): Promise<void> => {}\nexport const b = (): void => { a() }\n',
      'no-floating-promises',
    ],
    [
      'a promise where none is expected',
      'packages/shop/src/errors.ts',
      'export const a = async (): Promise<void> => {}\n[1].forEach(a)\n',
      'no-misused-promises',
    ],
    ['any', 'packages/shop/src/errors.ts', 'export const a: any = 1\n', 'no-explicit-any'],
    ['a default export', 'packages/shop/src/errors.ts', 'export default 1\n', 'no-default-export'],
    ['printing', 'packages/shop/src/errors.ts', "console.log('x')\n", 'no-console'],
    [
      'a function of 41 lines',
      'packages/shop/src/errors.ts',
      `export function a(): void {\n${'  a()\n'.repeat(39)}}\n`,
      'max-lines-per-function',
    ],
    [
      'Node in the core',
      'packages/core/src/errors.ts',
      "import { sep } from 'node:path'\nexport const a: string = sep\n",
      'no-restricted-imports',
    ],
    ['a clock in the core', 'packages/core/src/errors.ts', 'export const a = (): number => Date.now()\n', 'no-restricted-properties'],
    [
      'a timer in the core',
      'packages/core/src/errors.ts',
      'export const a = (): unknown => setTimeout(() => {}, 1)\n',
      'no-restricted-globals',
    ],
    [
      'a cycle',
      'packages/shop/src/errors.ts',
      "import { errors as again } from './index.ts'\nexport const errors = (): unknown => again\n",
      'no-cycle',
    ],
  ])('finds %s', async (_name, path, source, rule) => {
    expect(await lintOf(path, source)).toContain(rule)
  })
})

describe('the boundaries', () => {
  it('let a sound repository pass', async () => {
    const { ok, output } = await boundariesOf({})
    expect(output).toMatch(/Checked [1-9]\d* files in 2 packages, no issues found/)
    expect(ok).toBe(true)
  })

  it('refuse an adapter in the core', async () => {
    const { ok, output } = await boundariesOf({
      'packages/core/package.json': manifestText('core', { dependencies: { '@backstep/shop': 'workspace:^' } }),
    })
    expect(output).toContain('@backstep/shop')
    expect(ok).toBe(false)
  })

  it('refuse an adapter in an adapter', async () => {
    const second = { ...adapterDependencies, dependencies: { '@backstep/shop': 'workspace:^' } }
    const { ok, output } = await boundariesOf({
      'packages/stall/package.json': manifestText('stall', second),
      'packages/stall/turbo.json': '{ "extends": ["//"], "tags": ["adapter"] }',
      'packages/stall/src/index.ts': "export { errors } from '@backstep/shop'\n",
    })
    expect(output).toContain('@backstep/shop')
    expect(ok).toBe(false)
  })
})

describe('the count of node:test', () => {
  it('reads the totals, and each skipped test with its reason', () => {
    const tap =
      'TAP version 13\nok 1 - a\nok 2 - b # SKIP no database\nnot ok 3 - c\n1..3\n# tests 3\n# pass 1\n# fail 1\n# cancelled 0\n# skipped 1\n'
    expect(countTap(tap)).toEqual({ passed: 1, failed: 1, skipped: [{ file: 'node:test', name: 'b', reason: 'no database' }] })
  })

  it('finds no passed test in an empty report', () => {
    expect(countTap('').passed).toBe(0)
  })
})
