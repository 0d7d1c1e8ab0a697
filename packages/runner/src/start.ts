import {
  blockersOf,
  hashOf,
  replay,
  RollbackError,
  startRun,
  type Actor,
  type Approval,
  type Plan,
  type PreparedPreview,
  type Sealed,
  type Risk,
  type Run,
  type RunRecord,
  type SealedPlan,
  type StoredPreparation,
} from '@backstep/core'
import { context, trace, type Span } from '@opentelemetry/api'
import { getJson, putJson } from './blobs.ts'
import { stamps } from './clock.ts'
import type { EventStream } from './events.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { checkOverride, planChanged, type PlanOverride } from './plan-change.ts'
import type { RunnerPorts } from './ports.ts'
import { sealFor } from './preview.ts'
import { newRunId } from './random.ts'
import { reader } from './reader.ts'
import { readerOf, record, recordSoon, type Session, type StepObserver } from './session.ts'
import { StopBell } from './stop-bell.ts'
import { traceParent } from './tracing.ts'
import type { RunWriter } from './store.ts'

export const engineVersion = 'backstep-engine/v1'

export interface CreateOptions {
  readonly approved: PreparedPreview
  readonly approvals: readonly Approval[]
  readonly actor: Actor
  readonly runId?: string
  readonly events: EventStream
  readonly observer?: StepObserver
}

/** Makes a run from an approved preview. Nothing is written before everything that can be refused was checked. */
export async function createSession(plan: Plan<Risk>, ports: RunnerPorts, options: CreateOptions): Promise<Session> {
  const { approved } = options
  const code = await sealLike(plan, ports, approved.plan)
  refuseBlocked(approved)
  const runId = options.runId ?? newRunId(ports.clock.now(), ports.randomId())
  const writer = await ports.store.create(runId, approved.plan)
  try {
    const session = makeSession(ports, writer, code, startRun(approved.plan), approved.preparations, options)
    const preparations = await putJson(writer, approved.preparations)
    const parent = traceParent(session.span)
    await record(session, {
      type: 'run.created',
      runId,
      planHash: approved.plan.hash,
      previewHash: approved.hash,
      approved: Object.fromEntries(
        approved.steps.flatMap((step) => (step.approvalHash === undefined ? [] : [[step.id, step.approvalHash]])),
      ),
      approvals: options.approvals,
      leases: [...new Set(approved.steps.flatMap((step) => step.leases))].sort(),
      preparations,
      actor: options.actor,
      engine: engineVersion,
      ...(parent === undefined ? {} : { trace: parent }),
    })
    return session
  } catch (error) {
    await writer.close()
    throw error
  }
}

/** The plan must still be the one that was previewed. Its queries are not asked again. */
async function sealLike(plan: Plan<Risk>, ports: RunnerPorts, sealed: SealedPlan): Promise<Sealed> {
  const signal = new AbortController().signal
  const again = await sealFor(plan, reader(ports, signal), signal, { known: sealed.values })
  const { hash, ...body } = sealed
  if (hashOf(body) !== hash)
    throw new RollbackError('APPROVAL_VOID', `The preview of ${sealed.name} was edited`, { hint: 'Preview again.' })
  if (again.plan.hash !== hash) throw planChanged(sealed, again.plan, 'previewed')
  return again
}

function refuseBlocked(approved: PreparedPreview): void {
  const blockers = blockersOf(approved).map(({ id, message }) => (id === undefined ? message : `${id}: ${message}`))
  if (blockers.length === 0) return
  throw new RollbackError('PRECONDITION_FAILED', `The preview of ${approved.plan.name} cannot be run: ${blockers.join('; ')}`, {
    hint: 'Remove what blocks it, then preview again.',
  })
}

export interface ResumeOptions {
  readonly runId: string
  readonly actor: Actor
  /** Steps whose code changed since, accepted by a person. */
  readonly override?: PlanOverride
  readonly events: EventStream
  readonly observer?: StepObserver
}

/** Opens a run that was interrupted or waits. What was in flight is in doubt from here. */
export async function resumeSession(plan: Plan<Risk>, ports: RunnerPorts, options: ResumeOptions): Promise<Session> {
  const writer = await ports.store.open(options.runId)
  try {
    const signal = new AbortController().signal
    const again = await sealFor(plan, reader(ports, signal), signal, { known: writer.plan.values })
    const run = replay(writer.plan, writer.records)
    const overridden = again.plan.hash === writer.plan.hash ? undefined : checkOverride(run, writer.plan, again.plan, options)
    const created = writer.records[0] as Extract<RunRecord, { type: 'run.created' }>
    const approved = created.preparations === undefined ? {} : await getJson(writer, created.preparations)
    const session = makeSession(ports, writer, again, run, approved as unknown as Session['approved'], options, created.trace)
    await record(session, { type: 'run.resumed', epoch: writer.epoch, actor: options.actor })
    if (overridden !== undefined) recordSoon(session, overridden)
    return session
  } catch (error) {
    await writer.close()
    throw error
  }
}

function makeSession(
  ports: RunnerPorts,
  writer: RunWriter,
  { registry, idOf }: Sealed,
  run: Run,
  approved: Readonly<Record<string, StoredPreparation>>,
  { events, observer }: { readonly events: EventStream; readonly observer?: StepObserver },
  tracedBy?: string,
): Session {
  const stop = new StopBell()
  const span = startSpan(ports, writer, tracedBy)
  const session: Session = {
    ports,
    run,
    writer,
    registry,
    approved,
    stop,
    span,
    events,
    leases: new LeaseKeeper(ports, writer.runId, (key) => {
      recordSoon(session, { type: 'lease.lost', key })
      stop.ring(new RollbackError('LEASE_LOST', `The lease of ${key} was lost`, { hint: 'See who holds it, then answer retry.' }))
    }),
    read: readerOf(idOf, run),
    stamp: stamps(ports.clock, run.now),
    snapshots: new Map(),
    broken: undefined,
    telling: undefined,
    lastOutcome: Promise.resolve(),
    surveyed: [],
    ...(observer === undefined ? {} : { observer }),
  }
  return session
}

function startSpan(ports: RunnerPorts, { runId, plan }: RunWriter, parent: string | undefined): Span {
  const [, traceId, spanId, flags] = parent?.split('-') ?? []
  const remote =
    traceId === undefined || spanId === undefined
      ? undefined
      : { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16), isRemote: true }
  const around = remote === undefined ? context.active() : trace.setSpanContext(context.active(), remote)
  return ports.tracer.startSpan(`run ${plan.name}`, { attributes: { 'backstep.run': runId, 'backstep.plan': plan.name } }, around)
}
