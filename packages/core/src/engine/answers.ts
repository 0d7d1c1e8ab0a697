import { isLeaf, type IndexedNode } from './plan-index.ts'
import type { OperatorAnswer } from './records.ts'
import { leafAt, type Run } from './run.ts'

/** What a person may answer now, to one step or (`id` is `''`) to the whole run. */
export interface AllowedAnswer {
  readonly id: string
  readonly answers: readonly OperatorAnswer[]
}

/** The answers that a blocked run takes. Empty while it is not blocked. */
export function allowedAnswers(run: Run): readonly AllowedAnswer[] {
  if (run.blocked === undefined || run.outcome !== undefined) return []
  const ofSteps = run.blocked.ids.flatMap((id) => {
    const node = run.index.byId.get(id)
    const answers = node === undefined || !isLeaf(node) ? [] : answersOfLeaf(run, node)
    return answers.length === 0 ? [] : [{ id, answers }]
  })
  return [...ofSteps, { id: '', answers: answersOfRun(run) }]
}

function answersOfLeaf(run: Run, node: IndexedNode): readonly OperatorAnswer[] {
  const leaf = leafAt(run, node)
  if (run.blocked?.reason === 'undo-loses-data') return ['compensate', 'skip']
  if (leaf.undo === 'failed') return ['retry', 'skip']
  if (leaf.phase === 'stuck' && leaf.touched) return ['retry', 'applied', 'not-applied', 'skip']
  if (leaf.phase === 'stuck' || leaf.phase === 'failed') return ['retry', 'skip']
  return []
}

function answersOfRun(run: Run): readonly OperatorAnswer[] {
  switch (run.blocked?.reason) {
    case 'held':
    case 'past-point-of-no-return':
      return run.isBackward || run.blocked.reason !== 'held' ? ['go-on', 'abandon'] : ['go-on', 'compensate', 'abandon']
    case 'lease-held':
    case 'lease-lost':
      return ['retry', 'abandon']
    default:
      return run.isBackward ? ['abandon'] : ['compensate', 'abandon']
  }
}
