import type { Fault, WriteOutcome } from './fault.ts'
import { asks, nodeOf, type Frame, type State } from './state.ts'
import { cellName, cellOf, isGuarded, leaseOf, nextWrite, positionOf, withCell, write, type World } from './world.ts'
import type { Command, Failure, IndexedLeaf, Position, RecordBody, Run } from '../../../src/index.ts'

/** What one step of a command's work appends, and the world after it. */
export interface Performed {
  readonly records: readonly RecordBody[]
  readonly world: World
}

/** The next thing that the call behind a command does: a read is one thing, a write is an intent and then the effect with its outcome. */
export function stepOn(frame: Frame, state: State, command: Command): Performed {
  const { run, world } = state
  const node = nodeOf(run, command.id)
  const { id } = node.sealed
  const faults = frame.scenario.faults.get(id) ?? []
  const position = seen(run, world, node, faults)
  const only = (record: RecordBody): Performed => ({ records: [record], world })
  switch (command.do) {
    case 'survey':
      return only(
        position.at === 'before'
          ? { type: 'steps.surveyed', position: 'before', ids: [id] }
          : { type: 'step.surveyed', id, position: position.at },
      )
    case 'prepare':
      return prepared(frame, state, node, faults)
    case 'execute':
      return run.leaves[node.number]?.phase === 'prepared' ? both(intents(command, id), world) : effected(frame, state, node)
    case 'probe':
      return only({ type: 'step.probed', id, position })
    case 'verify':
      return verified(run, world, node, faults)
    case 'look-back':
      return only({ type: 'undo.looked', id, position })
    case 'undo':
      return run.leaves[node.number]?.undo === 'ready'
        ? only({ type: 'undo.intended', id, attempt: command.attempt, key: `${id} back` })
        : undone(frame, state, node)
    case 'prove-undo':
      return only({ type: 'undo.probed', id, position })
    case 'sample':
      return only({
        type: 'sample.taken',
        id,
        status: run.lost !== undefined || faults.includes('noSamples') ? 'unknown' : faults.includes('sick') ? 'unhealthy' : 'healthy',
        evidence: [],
      })
    case 'ask':
      return only({ type: 'gate.opened', id, hash: command.hash ?? '' })
    case 'queue':
      return only({ type: 'notice.queued', id, kind: 'model.notice', options: null })
  }
}

const both = (records: readonly RecordBody[], world: World): Performed => ({ records, world })

function intents(command: Command, id: string): readonly RecordBody[] {
  const intent: RecordBody = { type: 'step.intended', id, attempt: command.attempt, key: `${id} forth` }
  return command.crosses === true ? [{ type: 'no-return.crossing', id }, intent] : [intent]
}

function seen(run: Run, world: World, node: IndexedLeaf, faults: readonly Fault[]): Position {
  if (run.lost !== undefined) return { at: 'unknown', detail: 'stopped, since a lease was lost' }
  return faults.includes('blindProbe') ? { at: 'unknown', detail: 'cannot be seen' } : positionOf(world, node)
}

export function failure(code: string, effect: Failure['effect'], canRetry: boolean): Failure {
  return { code, message: code, hint: '', effect, canRetry }
}

const leaseLost = failure('LEASE_LOST', 'none', false)

function prepared({ scenario }: Frame, { run, world }: State, node: IndexedLeaf, faults: readonly Fault[]): Performed {
  const { id } = node.sealed
  const leases = [leaseOf(node)]
  const common = { type: 'step.prepared', id, prepared: {}, mark: 'mark', leases, summary: '' } as const
  if (node.of !== undefined) return both([{ ...common, approvalHash: '', risk: [], resources: [cellName(node)] }], world)
  const refusal = refusalOf(run, world, node, faults)
  if (refusal !== undefined) return both([{ type: 'step.failed', id, ...refusal }], counted(world, node))
  const risk = node.sealed.canUndo ? [asks(scenario.faults, id) ? 'data-loss' : 'reversible'] : ['point-of-no-return']
  const undo = faults.includes('loses') ? ({ undo: { risk: 'data-loss' } } as const) : {}
  const resources = cellOf(world, node).value === 'new' ? [] : [id]
  const isLate = !world.held.has(leaseOf(node))
  const taken: readonly RecordBody[] = isLate ? [{ type: 'lease.acquired', tokens: { [leaseOf(node)]: 1 } }] : []
  return both(
    [...taken, { ...common, approvalHash: `approval of ${id}`, risk, resources, ...undo }],
    isLate ? { ...world, held: new Set([...world.held, leaseOf(node)]) } : world,
  )
}

function refusalOf(run: Run, world: World, node: IndexedLeaf, faults: readonly Fault[]): Failure | undefined {
  const { value, landing } = cellOf(world, node)
  if (run.lost !== undefined) return leaseLost
  if (faults.includes('prepareRefuse')) return failure('TARGET_NOT_FOUND', 'none', false)
  if (faults.includes('prepareBusyOnce') && !world.tries.has(`prepare ${node.sealed.id}`)) return failure('RATE_LIMITED', 'none', true)
  if (faults.includes('heldElsewhere') && !world.tries.has(`prepare ${node.sealed.id}`)) return failure('LEASE_HELD', 'none', false)
  return value === 'half' || value === 'foreign' || landing !== undefined ? failure('DRIFTED', 'none', false) : undefined
}

const counted = (world: World, node: IndexedLeaf): World => ({ ...world, tries: new Map(world.tries).set(`prepare ${node.sealed.id}`, 1) })

function effected(frame: Frame, { run, world }: State, node: IndexedLeaf): Performed {
  const { id } = node.sealed
  if (run.lost !== undefined) return both([{ type: 'step.failed', id, ...leaseLost }], world)
  if (isGuarded(world, node)) return both([{ type: 'step.failed', id, ...failure('DRIFTED', 'none', false) }], world)
  const { outcome, world: tried } = nextWrite(world, node, frame.scenario.faults, 'do')
  const after = write(tried, node, 'do', outcome.effect)
  return both(
    [outcome.says === 'done' ? { type: 'step.effected', id, receipt: {} } : { type: 'step.failed', id, ...failureOf(outcome) }],
    after,
  )
}

function undone(frame: Frame, { run, world }: State, node: IndexedLeaf): Performed {
  const { id } = node.sealed
  if (run.lost !== undefined) return both([{ type: 'undo.failed', id, ...leaseLost }], world)
  const { outcome, world: tried } = nextWrite(world, node, frame.scenario.faults, 'undo')
  const after = write(tried, node, 'undo', outcome.effect)
  return both(
    [
      outcome.says === 'done'
        ? { type: 'undo.effected', id, evidence: [], notRestored: [] }
        : { type: 'undo.failed', id, ...failureOf(outcome) },
    ],
    after,
  )
}

function failureOf({ says }: WriteOutcome): Failure {
  if (says === 'refused') return failure('REJECTED', 'none', false)
  return says === 'busy' ? failure('RATE_LIMITED', 'none', true) : failure('TIMED_OUT', 'unknown', true)
}

/** Somebody else's change comes right after the step was found healthy. */
function verified(run: Run, world: World, node: IndexedLeaf, faults: readonly Fault[]): Performed {
  const { id } = node.sealed
  const { at } = positionOf(world, node)
  const status =
    run.lost !== undefined || faults.includes('noData')
      ? 'unknown'
      : faults.includes('unhealthy') || at !== 'after'
        ? 'unhealthy'
        : 'healthy'
  const after = status === 'healthy' && faults.includes('foreign') ? withCell(world, cellName(node), { value: 'foreign' }) : world
  return both([{ type: 'step.verified', id, status, evidence: [] }], after)
}
