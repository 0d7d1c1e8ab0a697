import { defineConfig } from 'vitest/config'

const sources = ['packages', 'examples', 'bench', 'docs', 'tools', 'testbed']
const testsNamed = (suffix: string): string[] => sources.map((folder) => `${folder}/**/*${suffix}`)
const neverTests = ['**/node_modules/**', '**/dist/**', '**/.world/**', 'tools/templates/**']

/**
 * Five projects, told apart by file name:
 *
 * - `unit`     `*.test.ts`: seconds, no outside system.
 * - `long`     `*.long.test.ts`: half a minute each at most: whole searches, processes that are killed. No outside system.
 * - `types`    `*.test-d.ts`: what must compile and what must not.
 * - `structure` `*.structure.test.ts`: what the repository promises about its files.
 * - `testbed`  `*.testbed.test.ts`: the real system; a test that cannot reach it says why and is counted as skipped.
 */
export default defineConfig({
  test: {
    clearMocks: true,
    passWithNoTests: false,
    projects: [
      {
        test: {
          name: 'unit',
          include: testsNamed('.test.ts'),
          exclude: [...neverTests, '**/*.testbed.test.ts', '**/*.structure.test.ts', '**/*.long.test.ts'],
          environment: 'node',
        },
      },
      {
        test: {
          name: 'long',
          include: testsNamed('.long.test.ts'),
          exclude: neverTests,
          environment: 'node',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'types',
          include: [],
          exclude: neverTests,
          typecheck: {
            enabled: true,
            only: true,
            checker: 'tsc',
            tsconfig: './tsconfig.types.json',
            include: testsNamed('.test-d.ts'),
            exclude: neverTests,
            ignoreSourceErrors: true,
          },
        },
      },
      {
        test: {
          name: 'structure',
          include: ['tools/structure/*.structure.test.ts'],
          exclude: neverTests,
          environment: 'node',
        },
      },
      {
        test: {
          name: 'testbed',
          include: testsNamed('.testbed.test.ts'),
          exclude: neverTests,
          environment: 'node',
          globalSetup: ['./testbed/src/vitest-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
