import { describe, expect, it } from 'vitest'
import { importRules } from '../structure/import-rules.ts'
import { packageRules } from '../structure/package-rules.ts'
import { openRepository, type RuleResult } from '../structure/rule.ts'
import { textRules } from '../structure/text-rules.ts'
import { adapterDependencies, manifestText, repositoryFixture } from './fixture.ts'

const rules = [...packageRules, ...importRules, ...textRules]
const core = 'packages/core/src/errors.ts'
const shop = 'packages/shop/src/errors.ts'

/** The problems that all rules together find after one change to a sound repository. */
function problemsWith(overrides: Readonly<Record<string, string | undefined>>): readonly string[] {
  using fixture = repositoryFixture(overrides)
  const repository = openRepository(fixture.root)
  return rules.flatMap((rule) => rule.check(repository).problems)
}

describe('the structure rules', () => {
  it('find nothing in a sound repository, and look at something for every rule', () => {
    using fixture = repositoryFixture()
    const results: readonly RuleResult[] = rules.map((rule) => rule.check(openRepository(fixture.root)))
    expect(results.flatMap((result) => result.problems)).toEqual([])
    expect(results.filter((result) => result.looked === 0)).toEqual([])
  })

  it('look at nothing, and so fail, when the core has no source', () => {
    using fixture = repositoryFixture({ [core]: undefined, 'packages/core/src/index.ts': undefined })
    const purity = importRules.find((rule) => rule.promise.startsWith('the core imports nothing'))
    expect(purity?.check(openRepository(fixture.root)).looked).toBe(0)
  })

  it('refuse a repository without packages', () => {
    using fixture = repositoryFixture({ 'packages/core/package.json': undefined, 'packages/shop/package.json': undefined })
    expect(() => openRepository(fixture.root)).toThrow('no workspace member')
  })
})

const planted: readonly (readonly [string, Readonly<Record<string, string | undefined>>, string])[] = [
  ['a package without README', { 'packages/shop/README.md': undefined }, 'README.md is missing'],
  [
    'a package without tests',
    { 'packages/core/test/contract.test.ts': undefined, 'packages/core/test/errors.test.ts': undefined },
    'there is no test',
  ],
  ['an adapter without a port', { 'packages/shop/src/client.ts': undefined }, 'src/client.ts is missing'],
  ['an adapter without a contract test', { 'packages/shop/test/contract.test.ts': undefined }, 'test/contract.test.ts is missing'],
  ['an adapter without a vendor client', { 'packages/shop/src/pg-client.ts': undefined }, '<vendor>-client.ts is missing'],
  ['another license', { 'packages/core/package.json': manifestText('core', { license: 'MIT' }) }, 'license must be Apache-2.0'],
  ['a name that is not the folder', { 'packages/core/package.json': manifestText('kernel') }, 'name must be @backstep/'],
  ['a package without layer', { 'packages/core/turbo.json': '{}' }, 'must have one tag'],
  [
    'a published export without its built twin',
    { 'packages/core/package.json': manifestText('core', { exports: { '.': './src/index.ts', './x': './src/errors.ts' } }) },
    'publishConfig.exports ./x must be',
  ],
  [
    'a schema that is exported only while developed',
    {
      'packages/core/s.json': '{}',
      'packages/core/package.json': manifestText('core', { exports: { '.': './src/index.ts', './s.json': './s.json' } }),
    },
    'publishConfig.exports ./s.json must be',
  ],
  [
    'an export of a file that is not there',
    { 'packages/core/package.json': manifestText('core', { exports: { '.': './src/none.ts' } }) },
    'which does not exist',
  ],
  [
    'a version outside the catalog',
    { 'packages/core/package.json': manifestText('core', { dependencies: { zod: '^4' } }) },
    'zod must be catalog:',
  ],
  [
    'the core as a direct dependency',
    { 'packages/shop/package.json': manifestText('shop', { ...adapterDependencies, dependencies: { '@backstep/core': 'workspace:^' } }) },
    '@backstep/core must be a peer dependency',
  ],
  ['an address in the lockfile', { 'pnpm-lock.yaml': 'resolution: {tarball: https://example.test/a.tgz}' }, 'holds the address'],
  ['a Node module in the core', { [core]: "import { readFileSync } from 'node:fs'\n" }, 'imports node:fs'],
  ['a Node module without its prefix in the core', { [core]: "import fs from 'fs'\n" }, 'imports fs'],
  ['a Node module imported on demand in the core', { [core]: "export const load = () => import('node:fs')\n" }, 'imports node:fs'],
  ['another library in the core', { [core]: "import pg from 'pg'\n" }, 'the core depends on zod'],
  ['another package in the core', { [core]: "export { run } from '@backstep/runner'\n" }, 'imports @backstep/runner'],
  ['an import over several lines', { [core]: "import {\n  readFileSync,\n} from 'node:fs'\n" }, 'imports node:fs'],
  ['an undeclared dependency', { [shop]: "import { createClient } from 'redis'\n" }, 'imports redis, which is neither'],
  ['a development dependency in a source', { [shop]: "import { it } from 'vitest'\n" }, 'imports vitest, which is neither'],
  ['an import out of the package', { [shop]: "import { errors } from '../../core/src/errors.ts'\n" }, "outside the package's src"],
  ['an import without extension', { [shop]: "import { client } from './pg-client'\n" }, 'write the file'],
  ['a vendor SDK in two files', { [shop]: "import { Client } from 'pg'\n" }, 'pg is imported by'],
  ['code in the index', { 'packages/shop/src/index.ts': 'export const one = 1\n' }, 'holds more than exports'],
  ['an export by star', { [shop]: "export * from './client.ts'\n" }, 'name each export'],
  ['a long source', { [shop]: 'export {}\n'.repeat(301) }, 'has 301 lines'],
  ['a bucket', { 'packages/shop/src/utils.ts': '' }, 'is a bucket'],
  ['a file name in camel case', { 'packages/shop/src/undoRollout.ts': '' }, 'must be lower case'],
  ['an unfinished-work mark', { [shop]: `// ${'TO'}DO later\n` }, 'unfinished-work mark'],
  ['a lonely test', { 'packages/shop/test/errors.test.ts': `it.${'only'}('x', () => {})\n` }, 'runs one test only'],
  ['a silenced compiler', { [shop]: `// @ts-${'ignore'}\n` }, 'silences the compiler'],
  ['a silenced linter', { [shop]: `// ${'oxlint'}-disable-next-line no-console\n` }, 'silences the linter without a reason'],
  ["a path of somebody's machine", { 'packages/shop/README.md': `see /${'Users'}/jane/shop\n` }, "somebody's machine"],
]

describe('the structure rules find', () => {
  it.each(planted)('%s', (_name, overrides, problem) => {
    expect(problemsWith(overrides).join('\n')).toContain(problem)
  })
})

describe('the structure rules allow', () => {
  it('an import inside a comment', () => {
    expect(problemsWith({ [core]: "/**\n * import { run } from '@backstep/runner'\n */\nexport const a = 1\n" })).toEqual([])
  })

  it('a silenced linter with its reason', () => {
    expect(problemsWith({ [shop]: `// ${'oxlint'}-disable-next-line no-console -- the one place that prints\n` })).toEqual([])
  })
})
