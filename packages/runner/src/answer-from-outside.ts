import { RollbackError, replay, viewOf, type RunRecord, type RunView } from '@backstep/core'
import { applyRequest } from './apply-request.ts'
import { eventStream } from './events.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import type { RunnerPorts } from './ports.ts'
import type { RunRequest } from './requests.ts'
import { readerOf, type Session } from './session.ts'
import { StopBell } from './stop-bell.ts'
import { stamps } from './clock.ts'

const waitMs = 10_000

/**
 * Takes an answer or a cancel for a run. Nobody has the run: it is journalled here. Another process has it: it is handed over, and
 * acknowledged once that process has journalled it.
 */
export async function answerFromOutside(ports: RunnerPorts, runId: string, request: RunRequest): Promise<RunView> {
  let writer
  try {
    writer = await ports.store.open(runId)
  } catch (error) {
    if (error instanceof RollbackError && error.code === 'LEASE_HELD') return handOver(ports, runId, request)
    throw error
  }
  try {
    const run = replay(writer.plan, writer.records)
    const session: Session = {
      ports,
      run,
      writer,
      registry: new Map(),
      approved: {},
      stop: new StopBell(),
      span: ports.tracer.startSpan(`answer ${runId}`),
      events: eventStream(),
      leases: new LeaseKeeper(ports, runId, () => undefined),
      read: readerOf(new Map(), run),
      stamp: stamps(ports.clock, run.now),
      snapshots: new Map(),
      broken: undefined,
    }
    const problem = await applyRequest(session, request)
    if (problem !== undefined) throw problem
    return viewOf(run)
  } finally {
    await writer.close()
  }
}

async function handOver(ports: RunnerPorts, runId: string, request: RunRequest): Promise<RunView> {
  const { records } = await ports.store.read(runId)
  await ports.requests.post(runId, request)
  const end = ports.clock.monotonic() + waitMs
  for (;;) {
    await ports.clock.sleep(200)
    const now = await ports.store.read(runId)
    if (now.records.slice(records.length).some((record) => isAnswerTo(record, request))) return viewOf(replay(now.plan, now.records))
    const isTaken = (await ports.requests.take(runId)).length === 0
    if (isTaken) throw refused(runId)
    if (ports.clock.monotonic() >= end) throw notTaken(runId)
  }
}

function isAnswerTo(record: RunRecord, request: RunRequest): boolean {
  if (request.ask === 'cancel') return record.type === 'cancel.requested'
  if (request.ask === 'gate') return record.type === 'gate.answered' && record.id === request.id && record.actor.id === request.actor.id
  return record.type === 'operator.answered' && record.id === request.id && record.actor.id === request.actor.id
}

function refused(runId: string): RollbackError {
  return new RollbackError('ANSWER_REFUSED', `The process that has run ${runId} did not take the answer`, {
    hint: 'Read the run to see what it waits for now, and answer that.',
  })
}

function notTaken(runId: string): RollbackError {
  return new RollbackError('TIMED_OUT', `The process that has run ${runId} has not taken the answer yet`, {
    hint: 'The answer is kept and will be taken when that process comes to it. Read the run to see.',
    effect: 'none',
  })
}
