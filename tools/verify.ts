import { parseArgs } from 'node:util'
import { apiPhase } from './verify/api-phase.ts'
import { buildPhase } from './verify/build-phase.ts'
import { packedPhase } from './verify/packed-phase.ts'
import type { Phase, PhaseResult, SkippedTest } from './verify/phase.ts'
import { boundariesPhase, formatPhase, lintPhase, typesPhase } from './verify/source-phases.ts'
import { readProgress } from './verify/progress-file.ts'
import { hasNodeTests, nodeTestPhase, structurePhase, testbedPhase, testsPhase } from './verify/test-phases.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    'update-api': { type: 'boolean', default: false },
  },
})

const phases: readonly Phase[] = [
  typesPhase,
  lintPhase,
  formatPhase,
  boundariesPhase,
  structurePhase,
  testsPhase,
  ...(hasNodeTests() ? [nodeTestPhase] : []),
  buildPhase,
  packedPhase,
  apiPhase({ update: options['update-api'] }),
  testbedPhase,
]

interface Totals {
  passed: number
  failed: number
  readonly skipped: SkippedTest[]
  /** One line each, shown once more at the end: what failed must be found without reading everything. */
  readonly failures: string[]
}

const heartbeatMs = 30_000
const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`

function chosenPhases(): readonly Phase[] {
  const wanted = options.only.split(',').filter((name) => name !== '')
  const unknown = wanted.filter((name) => !phases.some((phase) => phase.name === name))
  if (unknown.length > 0) {
    console.error(`no such check: ${unknown.join(', ')}; there are ${phases.map((phase) => phase.name).join(', ')}`)
    process.exit(2)
  }
  return wanted.length === 0 ? phases : phases.filter((phase) => wanted.includes(phase.name))
}

/** A check that breaks has failed; the ones after it still run. A long one says now and then that it is still at work. */
async function runPhase(phase: Phase, startMs: number): Promise<PhaseResult> {
  const sayWorking = (): void =>
    console.log(`  ...     ${phase.name.padEnd(10)}  ${seconds(startMs).padStart(7)}  ${readProgress() ?? 'still at work'}`)
  const timer = setInterval(process.stdout.isTTY ? () => undefined : sayWorking, heartbeatMs)
  try {
    return await phase.run()
  } catch (error) {
    return { ok: false, summary: 'broke', output: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  } finally {
    clearInterval(timer)
  }
}

function printResult(name: string, result: PhaseResult, startMs: number): void {
  if (process.stdout.isTTY) process.stdout.write('\r\u001B[2K')
  console.log(`  ${result.ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(10)}  ${seconds(startMs).padStart(7)}  ${result.summary}`)
  if (!result.ok) console.log(`\n${result.output.trimEnd()}\n`)
}

function addToTotals(totals: Totals, name: string, result: PhaseResult): void {
  if (!result.ok) totals.failures.push(...(result.tests?.failures ?? []).map((test) => `${name}: ${test}`))
  if (!result.ok && (result.tests?.failures ?? []).length === 0) totals.failures.push(`${name}: ${result.summary}`)
  if (result.tests === undefined) {
    if (result.ok) totals.passed += 1
    else totals.failed += 1
    return
  }
  totals.passed += result.tests.passed
  totals.failed += result.tests.failed
  totals.skipped.push(...result.tests.skipped)
}

/** What the conformance kit says of a promise that a step does not give: there is nothing to test, on any machine. */
const notPromised = 'not promised: '

/**
 * Lists what was not tested, and gives back how many skips remain skips. In CI every system that a test needs is there, so a
 * skip is a failure.
 */
function printSkipped(totals: Totals): number {
  const inCi = Boolean(process.env['CI'])
  const failing = totals.skipped.filter(({ reason }) => inCi && !reason.startsWith(notPromised))
  const skipped = totals.skipped.filter((test) => !failing.includes(test))
  printTests('Skipped', skipped)
  printTests('Skipped, and counted as failed because CI is set', failing)
  totals.failed += failing.length
  return skipped.length
}

/** One line for all tests of a file that share a reason. */
function printTests(title: string, tests: readonly SkippedTest[]): void {
  if (tests.length === 0) return
  console.log(`\n${title}:`)
  for (const alike of Map.groupBy(tests, ({ file, reason }) => `${file} ${reason}`).values()) {
    const [first] = alike
    if (first !== undefined) console.log(`  ${first.file}: ${alike.length === 1 ? first.name : `${alike.length} tests`}: ${first.reason}`)
  }
}

async function main(): Promise<void> {
  const startMs = performance.now()
  const totals: Totals = { passed: 0, failed: 0, skipped: [], failures: [] }
  const chosen = chosenPhases()
  console.log(`Backstep: ${chosen.length} checks on Node ${process.versions.node}`)
  for (const phase of chosen) {
    const phaseStartMs = performance.now()
    if (process.stdout.isTTY) process.stdout.write(`  ....    ${phase.name}`)
    const result = await runPhase(phase, phaseStartMs)
    printResult(phase.name, result, phaseStartMs)
    addToTotals(totals, phase.name, result)
  }
  const skipped = printSkipped(totals)
  if (totals.failures.length > 0) console.log(`\nFailed:\n${totals.failures.map((line) => `  ${line}`).join('\n')}`)
  console.log(`\nEach test counts as one, and so does each check that runs no tests. In all ${seconds(startMs)}.`)
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${skipped} skipped`)
  process.exitCode = totals.failed === 0 ? 0 : 1
}

await main()
