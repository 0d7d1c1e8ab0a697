import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { filesUnder, readJson, repositoryRoot } from '../workspace.ts'
import { runCommand } from './command.ts'
import { failedPhase, type Phase, type PhaseResult, type TestCounts } from './phase.ts'
import { progressFile, progressFileVariable } from './progress-file.ts'
import { type Tally, tallyFileVariable } from './tally-reporter.ts'

const temporary = join(repositoryRoot, 'tmp', 'verify')
const testFolders = ['packages', 'examples', 'bench', 'docs', 'tools', 'testbed'].filter((folder) => folder !== 'tools/templates')

/** Which vitest project a file name belongs to; the same endings as in vitest.config.ts. */
const endings = {
  structure: /\.structure\.test\.ts$/,
  testbed: /\.testbed\.test\.ts$/,
  types: /\.test-d\.ts$/,
  long: /\.long\.test\.ts$/,
  unit: /(?<!\.structure|\.testbed|\.long)\.test\.ts$/,
} as const

type Project = keyof typeof endings

/** What the repository promises about itself: files, sizes, imports, words. */
export const structurePhase: Phase = { name: 'structure', run: () => runVitest(['structure'], ['structure']) }

/** All tests that need no outside system. */
export const testsPhase: Phase = { name: 'tests', run: () => runVitest(['unit', 'types', 'long'], ['unit', 'types']) }

/** Against the real systems, by itself: what they need of the machine must not make other tests slow. They wait more than they work. */
export const testbedPhase: Phase = { name: 'testbed', run: () => runVitest(['testbed'], ['testbed'], ['--maxWorkers=3']) }

/** Suites for the runner that comes with Node: `*.node-test.ts`. */
export const nodeTestPhase: Phase = { name: 'node:test', run: runNodeTests }

export function hasNodeTests(): boolean {
  return testFiles(/\.node-test\.ts$/).length > 0
}

function testFiles(ending: RegExp): readonly string[] {
  return testFolders.flatMap((folder) => filesUnder(folder)).filter((path) => ending.test(path) && !path.startsWith('tools/templates/'))
}

async function runVitest(
  projects: readonly Project[],
  required: readonly Project[],
  settings: readonly string[] = [],
): Promise<PhaseResult> {
  const present = projects.filter((project) => required.includes(project) || testFiles(endings[project]).length > 0)
  mkdirSync(temporary, { recursive: true })
  const tallyPath = join(temporary, `${projects[0]}.json`)
  for (const path of [tallyPath, progressFile]) rmSync(path, { force: true })
  const selection = present.flatMap((project) => ['--project', project])
  const reporters = ['--reporter=default', `--reporter=${join(repositoryRoot, 'tools/verify/tally-reporter.ts')}`]
  const result = await runCommand('vitest', ['run', ...selection, ...settings, ...reporters], {
    env: { [tallyFileVariable]: tallyPath, [progressFileVariable]: progressFile },
  })
  if (!existsSync(tallyPath)) return failedPhase('no report', result.output)
  const tally = readJson(tallyPath) as Tally
  const problems = [...unreadFiles(tally, present), ...tally.errors.map((message) => `error outside any test: ${message}`)]
  const counts = countTests(tally, problems.length)
  const ok = result.ok && problems.length === 0 && counts.failed === 0
  return {
    ok,
    summary: summarise(counts, tally.files.length),
    output: [result.output, ...problems].join('\n'),
    tests: ok ? counts : atLeastOneFailed(counts),
  }
}

/** Each test file on disk must have run, and must hold a test. */
function unreadFiles(tally: Tally, projects: readonly Project[]): readonly string[] {
  return projects.flatMap((project) => {
    const files = testFiles(endings[project])
    if (files.length === 0) return [`there is no ${project} test at all`]
    return files.flatMap((path) => {
      const run = tally.files.find((file) => file.path === path && file.project === project)
      if (run === undefined) return [`${path} was not run by project ${project}`]
      return run.tests.length === 0 && !run.failedToLoad ? [`${path} holds no test`] : []
    })
  })
}

function countTests(tally: Tally, problems: number): TestCounts {
  const tests = tally.files.flatMap((file) => file.tests.map((test) => ({ ...test, path: file.path })))
  const broken = tally.files.filter((file) => file.failedToLoad).length
  return {
    passed: tests.filter((test) => test.state === 'passed').length,
    failed: tests.filter((test) => test.state === 'failed').length + broken + problems,
    failures: [
      ...tally.files.filter((file) => file.failedToLoad).map(({ path }) => `${path}: could not be loaded`),
      ...tests.filter((test) => test.state === 'failed').map(({ path, name }) => `${path}: ${name}`),
    ],
    skipped: tests
      .filter((test) => test.state === 'skipped')
      .map((test) => ({ file: test.path, name: test.name, reason: test.reason ?? 'no reason given' })),
  }
}

/** A run that ended badly without naming a failed test still counts as one failure. */
function atLeastOneFailed(counts: TestCounts): TestCounts {
  return { ...counts, failed: Math.max(1, counts.failed) }
}

function summarise(counts: TestCounts, files: number): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped.length} skipped in ${files} files`
}

async function runNodeTests(): Promise<PhaseResult> {
  const files = testFiles(/\.node-test\.ts$/)
  if (files.length === 0) return failedPhase('0 files', 'nothing was run: no *.node-test.ts found')
  mkdirSync(temporary, { recursive: true })
  const tapPath = join(temporary, 'node-test.tap')
  rmSync(tapPath, { force: true })
  const reporters = [
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${tapPath}`,
  ]
  const result = await runCommand(process.execPath, ['--test', ...reporters, ...files])
  const counts = countTap(existsSync(tapPath) ? readFileSync(tapPath, 'utf8') : '')
  const ok = result.ok && counts.failed === 0 && counts.passed > 0
  return { ok, summary: summarise(counts, files.length), output: result.output, tests: ok ? counts : atLeastOneFailed(counts) }
}

/** Reads the totals at the end of a TAP report, and the skipped tests from their own lines. */
export function countTap(tap: string): TestCounts {
  const total = (name: string): number => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(tap)?.[1] ?? 0)
  const skipped = [...tap.matchAll(/^\s*ok \d+ - (.*?) # (?:SKIP|TOD[O]) ?(.*)$/gm)]
  return {
    passed: total('pass'),
    failed: total('fail') + total('cancelled'),
    skipped: skipped.map((match) => ({ file: 'node:test', name: match[1] ?? '', reason: match[2] || 'no reason given' })),
  }
}
