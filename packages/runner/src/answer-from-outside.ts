import { RollbackError, replay, viewOf, type RunRecord, type RunView } from '@backstep/core'
import { applyRequest } from './apply-request.ts'
import { eventStream } from './events.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import type { RunnerPorts } from './ports.ts'
import type { LeaseHolding, RunWriter } from './store.ts'
import type { RunRequest, TakeOver } from './requests.ts'
import { readerOf, record, type Session } from './session.ts'
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
  return inSession(ports, writer, async (session) => {
    const problem = await applyRequest(session, request)
    if (problem !== undefined) throw problem
  })
}

/** See `Runner.takeOverLease`. */
export async function takeOverFromOutside(
  ports: RunnerPorts,
  runId: string,
  { key, displacedToken, actor, reason }: TakeOver,
): Promise<RunView> {
  const writer = await ports.store.open(runId)
  return inSession(ports, writer, async (session) => {
    const before = (await ports.leases.list()).find((holding) => holding.key === key)
    const displaced = before === undefined ? 'nobody' : `run ${before.owner.runId} (process ${before.owner.pid} on ${before.owner.host})`
    const grant = await ports.leases.takeOver(key, { ...ports.owner, runId }, ports.limits.leaseTtlMs, displacedToken)
    if (!grant.granted) throw heldByAnother(key, grant.holder)
    await record(session, { type: 'lease.taken-over', key, displaced, token: grant.token, actor, reason })
  })
}

/** Writes to a run that nobody has open, without carrying it on. */
async function inSession(ports: RunnerPorts, writer: RunWriter, work: (session: Session) => Promise<void>): Promise<RunView> {
  try {
    const run = replay(writer.plan, writer.records)
    const session: Session = {
      ports,
      run,
      writer,
      registry: new Map(),
      approved: {},
      stop: new StopBell(),
      span: ports.tracer.startSpan(`answer ${writer.runId}`),
      events: eventStream(),
      leases: new LeaseKeeper(ports, writer.runId, () => undefined),
      read: readerOf(new Map(), run),
      stamp: stamps(ports.clock, run.now),
      snapshots: new Map(),
      broken: undefined,
      telling: undefined,
      lastOutcome: Promise.resolve(),
      surveyed: [],
    }
    await work(session)
    session.span.end()
    return viewOf(run)
  } finally {
    await writer.close()
  }
}

function heldByAnother(key: string, { owner, token }: LeaseHolding): RollbackError {
  return new RollbackError(
    'LEASE_HELD',
    `${key} is held by run ${owner.runId} (process ${owner.pid} on ${owner.host}) with token ${token} now`,
    {
      hint: 'Look at listLeases again, and name the token of the holder that you want to displace.',
      canRetry: false,
    },
  )
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
