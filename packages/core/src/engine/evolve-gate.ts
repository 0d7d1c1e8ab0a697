import { mayDecide } from '../policy/approval-votes.ts'
import { judgeApprovals } from '../policy/approvals.ts'
import { isHazardApproved } from './asking.ts'
import type { LeafState } from './leaf-state.ts'
import type { IndexedLeaf } from './plan-index.ts'
import type { Approval, Failure, RunRecord } from './records.ts'
import { leafAt, setLeaf, type Run } from './run.ts'

type GateRecord = Extract<RunRecord, { type: 'gate.opened' | 'gate.answered' | 'gate.timed-out' }>
type Answered = Extract<RunRecord, { type: 'gate.answered' }>

/** Questions to people: gates, and hazardous steps that nobody approved by name. */
export function evolveGate(run: Run, node: IndexedLeaf, record: GateRecord): void {
  const leaf = leafAt(run, node)
  const isWaiting = leaf.phase === 'pending' || leaf.phase === 'prepared' || (leaf.phase === 'stuck' && leaf.stuck === 'gate-unanswered')
  if (!isWaiting) return
  if (record.type === 'gate.opened') {
    if (leaf.asked?.hash === record.hash && run.openGates.has(node.number)) return
    setLeaf(run, node, { asked: { since: run.now, hash: record.hash } })
    run.openGates.add(node.number)
    if (node.sealed.gate?.gate === 'approval') judge(run, node, leafAt(run, node))
  } else if (record.type === 'gate.timed-out') timedOut(run, node, leaf)
  else answered(run, node, leaf, record)
}

function answered(run: Run, node: IndexedLeaf, leaf: LeafState, record: Answered): void {
  const { gate } = node.sealed
  if (gate !== undefined && gate.gate !== 'approval')
    return finish(run, node, { phase: 'done', receipt: { answer: record.answer }, stuck: undefined })
  const said: Approval = {
    actor: record.actor,
    hash: record.hash,
    grantedAt: record.at,
    ...(record.expiresAt === undefined ? {} : { expiresAt: record.expiresAt }),
    ...(record.reason === undefined ? {} : { reason: record.reason }),
    ...(record.breakGlass === undefined ? {} : { breakGlass: record.breakGlass }),
  }
  if (record.answer !== 'approved')
    return mayDeny(run, node, record) ? finish(run, node, { phase: 'failed', denied: said, failure: denial(node, record) }) : undefined
  setLeaf(run, node, { answers: [...leaf.answers, said] })
  if (gate !== undefined) return judge(run, node, leafAt(run, node))
  if (isHazardApproved(run, leaf.asked?.hash ?? '', leafAt(run, node).answers)) run.openGates.delete(node.number)
}

/** Approvals that were given with the preview count at the gate, when they are for this very preview. */
function judge(run: Run, node: IndexedLeaf, leaf: LeafState): void {
  const { gate } = node.sealed
  if (gate?.gate !== 'approval' || leaf.asked === undefined) return
  const judged = judgeApprovals(gate, { hash: leaf.asked.hash, approvals: [...run.approvals, ...leaf.answers], now: run.now })
  if (judged.state === 'granted') finish(run, node, { phase: 'done', receipt: { answer: 'approved' } })
}

function timedOut(run: Run, node: IndexedLeaf, leaf: LeafState): void {
  const { gate } = node.sealed
  if (leaf.phase === 'stuck' || leaf.asked === undefined || run.isBackward || run.cancel !== undefined) return
  if (gate?.gate === 'decision' && gate.onTimeout !== 'escalate')
    return finish(run, node, { phase: 'done', receipt: { answer: gate.onTimeout } })
  const failure: Failure = {
    code: 'TIMED_OUT',
    message: `${node.sealed.id} was not answered in time`,
    hint: 'Find somebody of its role to answer it.',
    effect: 'none',
    canRetry: true,
  }
  setLeaf(run, node, { phase: 'stuck', stuck: 'gate-unanswered', failure })
}

function finish(run: Run, node: IndexedLeaf, patch: Parameters<typeof setLeaf>[2]): void {
  run.openGates.delete(node.number)
  if (run.blocked?.ids.includes(node.sealed.id) === true) run.blocked = undefined
  setLeaf(run, node, patch)
}

/** A no counts like a yes: from people of the roles that are asked. */
function mayDeny(run: Run, node: IndexedLeaf, { actor }: Answered): boolean {
  const { gate } = node.sealed
  const policy = gate?.gate === 'approval' ? gate : run.index.approvalPolicy
  return policy === undefined || mayDecide(policy, actor)
}

function denial(node: IndexedLeaf, { actor, reason }: Answered): Failure {
  return {
    code: 'APPROVAL_DENIED',
    message: `${node.sealed.id} was denied by ${actor.id}${reason === undefined ? '' : `: ${reason}`}`,
    hint: 'Talk to them; a new run needs a new approval.',
    effect: 'none',
    canRetry: false,
  }
}
