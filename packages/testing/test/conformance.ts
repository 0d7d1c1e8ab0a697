import type { RollbackStepTest, StepBench, TestContext } from '../src/index.ts'
import { testRollbackStep } from '../src/index.ts'

export interface CheckResult {
  readonly state: 'passed' | 'failed' | 'skipped'
  /** Why it failed or was skipped. */
  readonly why: string
}

/** The kit as a value: every check by name, to be run one at a time. */
export function collectChecks(
  setUp: () => Promise<StepBench>,
  options: Partial<RollbackStepTest> = {},
): ReadonlyMap<string, () => Promise<CheckResult>> {
  const found = new Map<string, () => Promise<CheckResult>>()
  testRollbackStep({
    name: 'collected',
    setUp,
    ...options,
    describe: (_, body) => body(),
    it: (name, _, body) => found.set(name, () => outcomeOf(body)),
  })
  return found
}

async function outcomeOf(body: (context: TestContext) => Promise<void>): Promise<CheckResult> {
  let reason: string | undefined
  try {
    await body({ skip: (why = '') => void (reason = why) })
  } catch (error) {
    return { state: 'failed', why: error instanceof Error ? error.message : String(error) }
  }
  return reason === undefined ? { state: 'passed', why: '' } : { state: 'skipped', why: reason }
}

/** Runs one check by its name. */
export async function runCheck(
  promise: string,
  setUp: () => Promise<StepBench>,
  options: Partial<RollbackStepTest> = {},
): Promise<CheckResult> {
  const check = collectChecks(setUp, options).get(promise)
  if (check === undefined) throw new Error(`The kit has no check "${promise}"`)
  return check()
}
