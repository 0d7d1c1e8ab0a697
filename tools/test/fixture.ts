import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface Fixture extends Disposable {
  readonly root: string
}

/** A small repository on disk: one core and one adapter that keep every rule, changed by `overrides` (undefined removes a file). */
export function repositoryFixture(overrides: Readonly<Record<string, string | undefined>> = {}): Fixture {
  const root = mkdtempSync(join(tmpdir(), 'backstep-tools-'))
  for (const [path, content] of Object.entries({ ...sound, ...overrides })) {
    if (content === undefined) continue
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) }
}

/** The package.json of a package that keeps every rule, changed by `changes`. */
export function manifestText(name: string, changes: Readonly<Record<string, unknown>> = {}): string {
  const sound = {
    name: `@backstep/${name}`,
    version: '0.0.0',
    description: 'A package of the fixture, long enough to say so.',
    license: 'Apache-2.0',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=22' },
    files: ['dist', 'src'],
    exports: { '.': './src/index.ts', './package.json': './package.json' },
    publishConfig: {
      access: 'public',
      provenance: true,
      exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
    },
    scripts: { build: 'tsup --config ../../tsup.base.ts --silent && tsc -p tsconfig.build.json' },
  }
  return JSON.stringify({ ...sound, ...changes })
}

function packageFiles(name: string, tag: string, changes: Readonly<Record<string, unknown>>): Record<string, string> {
  return {
    [`packages/${name}/package.json`]: manifestText(name, changes),
    [`packages/${name}/turbo.json`]: JSON.stringify({ extends: ['//'], tags: [tag] }),
    [`packages/${name}/README.md`]: `# ${name}\n`,
    [`packages/${name}/tsconfig.json`]: '{}',
    [`packages/${name}/tsconfig.build.json`]: '{}',
    [`packages/${name}/src/index.ts`]: "export { errors } from './errors.ts'\n",
    [`packages/${name}/src/errors.ts`]: 'export const errors = 1\n',
    [`packages/${name}/test/contract.test.ts`]: '',
    [`packages/${name}/test/errors.test.ts`]: '',
  }
}

export const adapterDependencies = {
  dependencies: { pg: 'catalog:published', zod: 'catalog:published' },
  peerDependencies: { '@backstep/core': 'workspace:^' },
  devDependencies: { '@backstep/core': 'workspace:^' },
}

const sound: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'fixture',
    private: true,
    devEngines: { packageManager: { name: 'pnpm', version: '12.21.0', onFail: 'ignore' } },
  }),
  'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
  'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
  ...packageFiles('core', 'core', { dependencies: { zod: 'catalog:published', '@noble/hashes': 'catalog:published' } }),
  ...packageFiles('shop', 'adapter', adapterDependencies),
  'packages/shop/src/client.ts': 'export interface Client {}\n',
  'packages/shop/src/pg-client.ts': "import { Pool } from 'pg'\nexport const client = new Pool()\n",
}
