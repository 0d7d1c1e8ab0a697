import { judgeApprovals } from '../policy/approvals.ts'
import type { IndexedLeaf } from './plan-index.ts'
import type { Approval } from './records.ts'
import { leafAt, type Run } from './run.ts'

/**
 * Whether enough people said yes to this hash of a hazardous step that nobody named. Who may is said by the plan's first approval gate;
 * a plan without one takes any one person.
 */
export function isHazardApproved(run: Run, hash: string, approvals: readonly Approval[]): boolean {
  const policy = run.index.approvalPolicy
  if (policy === undefined) return approvals.some((approval) => approval.hash === hash && isValidAt(approval, run.now))
  return judgeApprovals(policy, { hash, approvals, now: run.now }).state === 'granted'
}

/**
 * Whether a hazardous step may go on: people who may decide named it when they approved the plan, or approved exactly this preparation when
 * asked. An approval of another hash does not count, an expired one neither.
 */
export function approvalStateOf(run: Run, node: IndexedLeaf): 'granted' | 'waiting' | 'ask' {
  const leaf = leafAt(run, node)
  const hash = leaf.facts?.approvalHash ?? ''
  if (run.approved.get(node.sealed.id) === hash && isNamed(run, node.sealed.id)) return 'granted'
  if (isHazardApproved(run, hash, leaf.answers)) return 'granted'
  return leaf.asked?.hash === hash && run.openGates.has(node.number) ? 'waiting' : 'ask'
}

/** A name counts with the yes that it came with: of people who may decide, as many as the policy asks for, not expired. */
function isNamed({ approvals, index, leaves, now, previewHash: hash }: Run, id: string): boolean {
  const { approvalGate: gate, approvalPolicy: policy } = index
  if (gate === undefined || policy === undefined)
    return approvals.some((approval) => approval.hash === hash && isValidAt(approval, now) && approval.accepts?.includes(id) === true)
  const answers = leaves[gate.number]?.answers ?? []
  const judged = judgeApprovals(policy, { hash, approvals: [...approvals, ...answers], now })
  return judged.state === 'granted' && judged.accepts.includes(id)
}

export function isValidAt({ expiresAt }: Approval, now: number): boolean {
  return expiresAt === undefined || now < expiresAt
}
