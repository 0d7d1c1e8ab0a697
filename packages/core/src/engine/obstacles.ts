import { backward, isUnclear } from './backward.ts'
import { forward } from './forward.ts'
import type { BlockReason } from './records.ts'
import { dryRound, type Obstacle } from './round.ts'
import { leafAt, type Run } from './run.ts'

/** Every leaf that keeps the run from going on, found by a walk of its own. Linear in the plan: asked only when a run comes to a stop. */
export function obstaclesOf(run: Run): readonly Obstacle[] {
  const round = dryRound(run, { forward, backward })
  if (run.isBackward) backward(round, run.index.root)
  else forward(round, run.index.root, run.cancel === undefined)
  return round.obstacles
}

const worstFirst: readonly BlockReason[] = [
  'undo-failed',
  'in-doubt',
  'undo-loses-data',
  'no-data',
  'lease-held',
  'gate-unanswered',
  'step-failed',
]

/** Why the run stands, in one word. A part that goes back while the run goes forward has the reasons of going back. */
export function reasonOf(run: Run, obstacles: readonly Obstacle[]): BlockReason {
  const reasons = new Set(obstacles.map((obstacle) => reasonOfOne(run, obstacle)))
  return (
    worstFirst.find((reason) => reasons.has(reason)) ?? (reasons.has('past-point-of-no-return') ? 'past-point-of-no-return' : 'step-failed')
  )
}

function reasonOfOne(run: Run, { node, direction }: Obstacle): BlockReason {
  const leaf = leafAt(run, node)
  if (direction === 'forward') return leaf.stuck ?? 'step-failed'
  if (isUnclear(leaf)) return 'in-doubt'
  if (leaf.crossed && leaf.touched) return 'past-point-of-no-return'
  return leaf.undo === 'failed' ? 'undo-failed' : 'undo-loses-data'
}
