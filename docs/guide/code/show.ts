import type { RunView } from '@backstep/core'
import { exitCodeOf } from '@backstep/runner'

/** Where a run stands, in a few lines: what a program shows when it has done what it can. */
export function showRun(view: RunView): void {
  const { state, outcome, blocked, failure, leaves, openGates, answers } = view
  console.log(`run ${view.runId}: ${outcome ?? blocked?.reason ?? state} (exit code ${exitCodeOf(view)})`)
  const obstacles = leaves.filter(({ id }) => blocked?.ids.includes(id)).map((leaf) => leaf.undoFailure ?? leaf.failure)
  const why = obstacles.find((found) => found !== undefined) ?? failure
  if (why !== undefined) console.log(`  why   ${why.code}: ${why.message}\n  next  ${why.hint}`)
  for (const { id } of openGates) console.log(`  waits for an answer to "${id}"`)
  for (const { id, answers: possible } of answers) console.log(`  ${id === '' ? 'the run' : id}: ${possible.join(' | ')}`)
}
