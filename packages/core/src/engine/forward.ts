import { isHazardous } from '../contract/risk.ts'
import type { SealedChoose } from '../seal/sealed-plan.ts'
import { approvalStateOf } from './asking.ts'
import { backward } from './backward.ts'
import { forwardBeside } from './beside.ts'
import { branchOf } from './condition.ts'
import type { Progress } from './memo.ts'
import { isLeaf, type IndexedLeaf, type IndexedNode } from './plan-index.ts'
import { inTheWay, isBackwardCommand, say, type Round } from './round.ts'
import { leafAt, valueOf } from './run.ts'

/** How far a node is, going forward, collecting what has to be done next. `isStarting`: new work may begin here. */
export function forward(round: Round, node: IndexedNode, isStarting: boolean): Progress {
  const memo = round.memoOf(node)
  const known = isStarting ? memo.starting : memo.draining
  if (known?.version === memo.version) return known.progress
  const progress = isLeaf(node) ? forwardLeaf(round, node, isStarting) : forwardWithPolicy(round, node, isStarting)
  memo[isStarting ? 'starting' : 'draining'] = { version: memo.version, progress }
  return progress
}

function forwardWithPolicy(round: Round, node: IndexedNode, isStarting: boolean): Progress {
  const { length } = round.obstacles
  const progress = forwardGroup(round, node, isStarting)
  const policy = 'onFailure' in node.sealed ? node.sealed.onFailure : undefined
  if (progress !== 'failed' || policy === undefined) return progress
  if (policy === 'halt') return 'blocked'
  round.obstacles.length = length
  const back = backward(round, node)
  if (back === 'undone') return policy === 'go-on' ? 'done' : 'failed'
  return back === 'cut' ? 'failed' : back === 'stuck' ? 'blocked' : 'active'
}

function forwardGroup(round: Round, node: IndexedNode, isStarting: boolean): Progress {
  switch (node.sealed.type) {
    case 'together':
      return forwardBeside(round, node, isStarting)
    case 'fallback':
      return forwardFallback(round, node, isStarting)
    case 'choose':
      return forwardChoose(round, node, node.sealed, isStarting)
    default:
      return forwardSequence(round, node, isStarting)
  }
}

function forwardSequence(round: Round, node: IndexedNode, isStarting: boolean): Progress {
  const memo = round.memoOf(node)
  for (; memo.cursor < node.children.length; memo.cursor++) {
    const progress = forward(round, node.children[memo.cursor] as IndexedNode, isStarting)
    if (progress !== 'done') return progress
  }
  return 'done'
}

/** The next alternative starts only when the failed one is proven undone. Past a point of no return there is no other alternative. */
function forwardFallback(round: Round, node: IndexedNode, isStarting: boolean): Progress {
  for (const child of node.children) {
    const { length } = round.obstacles
    const progress = forward(round, child, isStarting)
    if (progress !== 'failed') return progress
    round.obstacles.length = length
    const back = backward(round, child)
    if (back === 'active') return 'active'
    if (back === 'stuck') return 'blocked'
    if (back === 'cut') return 'failed'
  }
  return 'failed'
}

function forwardChoose(round: Round, node: IndexedNode, sealed: SealedChoose, isStarting: boolean): Progress {
  const taken = round.run.branches.get(node.number)
  if (taken !== undefined) {
    const child = node.children[taken]
    return child === undefined ? 'done' : forward(round, child, isStarting)
  }
  const branch = branchOf(sealed.conditions, (reference) => valueOf(round.run, reference))
  if (branch === undefined) return 'failed'
  if (!isStarting) return 'idle'
  round.records.push({ type: 'branch.decided', id: sealed.id, taken: branch })
  return 'active'
}

function forwardLeaf(round: Round, node: IndexedLeaf, isStarting: boolean): Progress {
  // A command that was handed out may act at any moment: nothing is concluded about its leaf until it is closed. One that goes back
  // belongs to a failure that is known already.
  const underWay = round.run.outstanding.get(node.number)
  if (underWay !== undefined && !isBackwardCommand(underWay.do)) return 'active'
  switch (leafAt(round.run, node).phase) {
    case 'done':
    case 'skipped':
      return 'done'
    case 'failed':
      inTheWay(round, node, 'forward')
      return 'failed'
    case 'stuck':
      inTheWay(round, node, 'forward')
      return 'blocked'
    case 'intended':
      return 'active'
    case 'doubt':
      return say(round, node, 'probe')
    case 'effected':
      return say(round, node, 'verify')
    case 'pending':
      return forwardPending(round, node, isStarting)
    case 'prepared':
      return isStarting ? forwardPrepared(round, node) : 'idle'
  }
}

function forwardPending(round: Round, node: IndexedLeaf, isStarting: boolean): Progress {
  if (node.sealed.type === 'release' && node.of !== undefined && hasNothingToRelease(round, node.of)) return 'done'
  if (!isStarting) return 'idle'
  switch (node.sealed.type) {
    case 'gate':
      return leafAt(round.run, node).asked === undefined ? say(round, node, 'ask', { hash: round.run.previewHash }) : 'waiting'
    case 'notice':
      return say(round, node, 'queue')
    case 'require':
    case 'observe':
      return say(round, node, 'sample')
    case 'release':
    case 'step':
      return forwardUnprepared(round, node)
  }
}

/** Nothing is prepared before the leases are held and everything that was approved was looked at. After the end only reads are left. */
function forwardUnprepared(round: Round, node: IndexedLeaf): Progress {
  return isReady(round, node) ? say(round, node, 'prepare') : waitForReady(round, node)
}

function isReady({ run }: Round, { isAlways }: IndexedLeaf): boolean {
  return run.readiness === 'ready' || isAlways
}

function waitForReady(round: Round, node: IndexedLeaf): 'active' {
  if (!round.isDry) round.run.waitingForReady.add(node.number)
  return 'active'
}

/** A scope that was there already before this run is not ours to leave. */
function hasNothingToRelease(round: Round, enter: IndexedNode): boolean {
  const scope = leafAt(round.run, enter)
  return scope.unchanged || (scope.phase === 'skipped' && !scope.touched)
}

function forwardPrepared(round: Round, node: IndexedLeaf): Progress {
  if (!isReady(round, node)) return waitForReady(round, node)
  const leaf = leafAt(round.run, node)
  const risk = leaf.facts?.risk ?? []
  if (isHazardous(risk)) {
    const asking = approvalStateOf(round.run, node)
    if (asking === 'ask') return say(round, node, 'ask', { hash: leaf.facts?.approvalHash ?? '' })
    if (asking === 'waiting') return 'waiting'
  }
  return say(round, node, 'execute', { crosses: risk.includes('point-of-no-return') || cannotGoBack(node) })
}

/** Whatever this preparation says of its risk: a step that changes the world and has no way back is a point of no return. */
function cannotGoBack({ sealed }: IndexedLeaf): boolean {
  return !sealed.canUndo && sealed.risk.some((risk) => risk !== 'none')
}
