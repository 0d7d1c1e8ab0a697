import type { IndexedLeaf } from './plan-index.ts'
import type { Failure } from './records.ts'

/** What goes wrong with a step, in words for people: each with what to do next. */
const about = (code: string, message: string, hint: string): Failure => ({ code, message, hint, effect: 'unknown', canRetry: false })

export function interrupted(node: IndexedLeaf): Failure {
  return {
    ...about(
      'OUTCOME_UNKNOWN',
      `${node.sealed.id} was interrupted and had no effect; it has no attempts left`,
      'Answer retry, skip or compensate.',
    ),
    effect: 'none',
  }
}
export function halfDone(node: IndexedLeaf, detail: string): Failure {
  return about(
    'OUTCOME_UNKNOWN',
    `${node.sealed.id} is half done: ${detail}`,
    'Look at the target, then answer applied, not-applied or retry.',
  )
}
export function elsewhere(node: IndexedLeaf, detail: string): Failure {
  return about(
    'DRIFTED',
    `${node.sealed.id}: somebody else changed the target: ${detail}`,
    'Find out who changed it. Then answer applied, not-applied, retry or skip.',
  )
}
export function unseen(node: IndexedLeaf, detail: string): Failure {
  return about(
    'OUTCOME_UNKNOWN',
    `${node.sealed.id}: its outcome cannot be seen: ${detail}`,
    'Make its backend reachable and answer retry, or look yourself and answer applied or not-applied.',
  )
}
export function unhealthy(node: IndexedLeaf, detail: string | undefined, outOfTime: boolean): Failure {
  return about(
    'UNHEALTHY',
    `${node.sealed.id} is ${outOfTime ? 'not healthy in time' : 'unhealthy'}: ${detail ?? 'see its evidence'}`,
    'See the evidence of its verification.',
  )
}
export function noData(node: IndexedLeaf, detail: string | undefined): Failure {
  return about(
    'OUTCOME_UNKNOWN',
    `${node.sealed.id} cannot be verified: ${detail ?? 'no data'}`,
    'Make the source of its health reachable and answer retry.',
  )
}
