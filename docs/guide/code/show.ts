import type { RunView } from '@backstep/core'
import { exitCodeOf } from '@backstep/runner'

/** Where a run stands, in a few lines: what a program shows when it has done what it can. */
export function showRun(view: RunView): void {
  const { state, outcome, blocked, failure, openGates, answers } = view
  console.log(`run ${view.runId}: ${outcome ?? blocked?.reason ?? state} (exit code ${exitCodeOf(view)})`)
  if (failure !== undefined) console.log(`  why   ${failure.code}: ${failure.message}\n  next  ${failure.hint}`)
  for (const { id } of openGates) console.log(`  waits for an answer to "${id}"`)
  for (const { id, answers: possible } of answers) console.log(`  ${id === '' ? 'the run' : id}: ${possible.join(' | ')}`)
}
