/** One kind of check. `pnpm verify` runs all of them, in order, and goes on after a failure. */
export interface Phase {
  readonly name: string
  run(): Promise<PhaseResult>
}

export interface PhaseResult {
  readonly ok: boolean
  /** What was looked at, in a few words: "14 programs". */
  readonly summary: string
  /** Shown in full when the phase failed. */
  readonly output: string
  /** Only phases that run tests have them; any other phase counts as one test itself. */
  readonly tests?: TestCounts
}

export interface TestCounts {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly SkippedTest[]
  /** The failed tests that are known by name, as `file: test`. */
  readonly failures?: readonly string[]
}

export interface SkippedTest {
  readonly file: string
  readonly name: string
  readonly reason: string
}

export function passedPhase(summary: string): PhaseResult {
  return { ok: true, summary, output: '' }
}

export function failedPhase(summary: string, output: string): PhaseResult {
  return { ok: false, summary, output }
}

/** A phase that looked at nothing has not passed. */
export function phaseOver(count: number, noun: string, problems: readonly string[]): PhaseResult {
  if (count === 0) return failedPhase(`0 ${noun}`, `nothing was checked: no ${noun} found`)
  const summary = `${count} ${noun}`
  return problems.length === 0 ? passedPhase(summary) : failedPhase(summary, problems.join('\n'))
}
