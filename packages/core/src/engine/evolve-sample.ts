import type { LeafState } from './leaf-state.ts'
import type { IndexedLeaf } from './plan-index.ts'
import type { Failure, RunRecord } from './records.ts'
import { leafAt, setLeaf, type Run } from './run.ts'

type Patch = Parameters<typeof setLeaf>[2]
type Sample = Extract<RunRecord, { type: 'sample.taken' }>

/** One sample of a `require` or an `observe`. */
export function evolveSample(run: Run, node: IndexedLeaf, record: Sample): void {
  const leaf = leafAt(run, node)
  if (leaf.phase === 'pending') setLeaf(run, node, sampled(run, node, leaf, record))
}

function sampled(run: Run, node: IndexedLeaf, leaf: LeafState, { status, evidence, detail }: Sample): Patch {
  const { forMs = 0, deadlineMs = 0, everyMs = 5000, type } = node.sealed
  const since = leaf.since ?? run.now
  const healthySince = status === 'healthy' ? (leaf.healthySince ?? run.now) : undefined
  const seen = { status, evidence, since, healthySince }
  if (healthySince !== undefined && run.now - healthySince >= forMs) return { ...seen, phase: 'done', notBefore: undefined }
  if (type === 'require' && status === 'unhealthy') return { ...seen, phase: 'failed', failure: notHealthy(node, detail) }
  if (run.now - since >= deadlineMs) return { ...seen, ...outOfTime(node, status, detail) }
  return { ...seen, looks: leaf.looks + 1, attempt: leaf.attempt + 1, notBefore: run.now + everyMs }
}

/** No data is never a failure that undoes good work, and never health: a person has to look. */
function outOfTime(node: IndexedLeaf, status: Sample['status'], detail: string | undefined): Patch {
  if (status !== 'unknown') return { phase: 'failed', failure: notHealthy(node, detail ?? 'not healthy long enough before its deadline') }
  const failure: Failure = {
    code: 'OUTCOME_UNKNOWN',
    message: `${node.sealed.id} has no data: ${detail ?? 'its source does not answer'}`,
    hint: 'Make the source of the check reachable and answer retry; or look yourself and answer skip.',
    effect: 'none',
    canRetry: true,
  }
  return { phase: 'stuck', stuck: 'no-data', failure }
}

function notHealthy(node: IndexedLeaf, detail: string | undefined): Failure {
  const isRequire = node.sealed.type === 'require'
  return {
    code: isRequire ? 'PRECONDITION_FAILED' : 'UNHEALTHY',
    message: `${node.sealed.id}: ${detail ?? 'unhealthy'}`,
    hint: isRequire ? 'Make the condition true, then run again.' : 'See the evidence of its samples.',
    effect: 'none',
    canRetry: false,
  }
}
