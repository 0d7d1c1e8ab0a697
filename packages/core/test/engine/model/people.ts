import { nodeOf, type Frame, type State } from './state.ts'
import { cellOf, wayOf } from './world.ts'
import type { OperatorAnswer, RecordBody } from '../../../src/index.ts'

/** What a person may answer now. */
export interface Asked {
  readonly label: string
  readonly records: readonly RecordBody[]
  /** Counts against the answers of the scenario, so that no person answers `retry` for ever. */
  readonly spends: boolean
}

const actor = { id: 'person', roles: ['team'] }

/** Answers to gates and to steps that ask. */
export function gateAnswersNow({ engine, scenario }: Frame, { run }: State): readonly Asked[] {
  return engine.openGates(run).flatMap(({ id, hash }) => {
    const faults = scenario.faults.get(id) ?? []
    const isGate = nodeOf(run, id).sealed.type === 'gate'
    const answer = isGate ? 'confirmed' : faults.includes('asksAndDenied') ? 'denied' : 'approved'
    const said: Asked = { label: `${answer} ${id}`, records: [{ type: 'gate.answered', id, hash, answer, actor }], spends: false }
    const isStuck = run.leaves[nodeOf(run, id).number]?.phase === 'stuck'
    if (!faults.includes('outOfTime') || isStuck) return [said]
    return [said, { label: `${id} is out of time`, records: [{ type: 'gate.timed-out', id }], spends: false }]
  })
}

/** Every answer that a blocked run takes and that a truthful person could give. Out of answers, the person gives up. */
export function answersNow(frame: Frame, state: State): readonly Asked[] {
  const { run, budget } = state
  if (run.blocked === undefined || run.outstanding.size > 0) return []
  const all = frame.engine.allowedAnswers(run).flatMap(({ id, answers }) => answers.map((answer) => ({ id, answer })))
  return all
    .filter(({ id, answer }) => (budget.answers > 0 ? isTrue(state, id, answer) : answer === 'abandon'))
    .map(({ id, answer }) => ({
      label: `${answer}${id === '' ? '' : ` ${id}`}`,
      records: recordsOf(state, id, answer),
      spends: budget.answers > 0,
    }))
}

/** Nobody says how a call ended that is still under way, and nobody goes past it. */
function isTrue({ run, world }: State, id: string, answer: OperatorAnswer): boolean {
  if (answer !== 'applied' && answer !== 'not-applied' && answer !== 'skip') return true
  const { value, landing } = cellOf(world, nodeOf(run, id))
  if (answer === 'skip') return landing === undefined
  const { from, to } = wayOf(nodeOf(run, id))
  return landing === undefined && value === (answer === 'applied' ? to : from)
}

/** After a lost lease the answer is for the next process. */
function recordsOf({ run }: State, id: string, answer: OperatorAnswer): readonly RecordBody[] {
  const said: RecordBody = { type: 'operator.answered', id, answer, actor, reason: '', ...(answer === 'applied' ? { receipt: {} } : {}) }
  return run.blocked?.reason === 'lease-lost' && answer === 'retry' ? [said, { type: 'run.resumed', epoch: run.epoch + 1, actor }] : [said]
}
