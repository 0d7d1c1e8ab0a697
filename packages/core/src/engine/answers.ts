import { isUnclear } from './backward.ts'
import { obstaclesOf } from './obstacles.ts'
import type { OperatorAnswer } from './records.ts'
import type { Obstacle } from './round.ts'
import { leafAt, type Run } from './run.ts'

/** What a person may answer now, to one step or (`id` is `''`) to the whole run. */
export interface AllowedAnswer {
  readonly id: string
  readonly answers: readonly OperatorAnswer[]
}

/** The answers that a blocked run takes. Empty while it is not blocked. */
export function allowedAnswers(run: Run): readonly AllowedAnswer[] {
  if (run.blocked === undefined || run.outcome !== undefined) return []
  const ofSteps = answerable(run).flatMap((obstacle) => {
    const answers = answersOfLeaf(run, obstacle)
    return answers.length === 0 ? [] : [{ id: obstacle.node.sealed.id, answers }]
  })
  return [...ofSteps, { id: '', answers: answersOfRun(run, ofSteps.length > 0) }]
}

/** What stands in the way of a blocked run, with its direction. Nothing does when the block is about the run as a whole. */
export function answerable(run: Run): readonly Obstacle[] {
  const { reason, ids } = run.blocked ?? { reason: 'held', ids: [] }
  const isAboutRun = reason === 'held' || reason === 'lease-lost' || (reason === 'lease-held' && ids.length === 0)
  return isAboutRun ? [] : obstaclesOf(run)
}

/** A step on its way back is put back or left as it is; only one that goes forward can be done, or be said to be done. */
function answersOfLeaf(run: Run, { node, direction }: Obstacle): readonly OperatorAnswer[] {
  const leaf = leafAt(run, node)
  if (isUnclear(leaf)) return ['retry', 'applied', 'not-applied', 'skip']
  if (direction === 'forward') return ['retry', 'skip']
  if (leaf.undo === 'failed') return ['retry', 'skip']
  return leaf.crossed && leaf.touched ? [] : ['compensate', 'skip']
}

function answersOfRun(run: Run, hasSteps: boolean): readonly OperatorAnswer[] {
  switch (run.blocked?.reason) {
    case 'held':
      return ['go-on', 'compensate', 'abandon']
    case 'past-point-of-no-return':
      return ['go-on', 'abandon']
    case 'lease-lost':
      return ['retry', 'abandon']
    case 'lease-held':
      if (!hasSteps) return ['retry', 'abandon']
      break
    default:
  }
  if (run.isBackward) return ['abandon']
  // What failed was put back already: there is no single step to try again, only the whole part.
  return hasSteps ? ['compensate', 'abandon'] : ['go-on', 'compensate', 'abandon']
}
