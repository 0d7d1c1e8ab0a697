import {
  replay,
  RollbackError,
  viewOf,
  type Actor,
  type Approval,
  type JsonObject,
  type OperatorAnswer,
  type Plan,
  type PreparedPreview,
  type Risk,
  type RunRecord,
  type RunView,
  type SealedPlan,
} from '@backstep/core'
import { answerFromOutside, takeOverFromOutside } from './answer-from-outside.ts'
import { drive, type DriveOptions } from './drive.ts'
import { eventStream, type EventStream, type RunEvent } from './events.ts'
import type { RunnerPorts } from './ports.ts'
import { makePreview, type PreviewOptions } from './preview.ts'
import type { TakeOver } from './requests.ts'
import { createSession, resumeSession, type CreateOptions, type PlanOverride, type ResumeOptions } from './start.ts'
import type { Session, StepObserver } from './session.ts'
import type { LeaseHolding } from './store.ts'
import { guardRejections } from './stray-rejections.ts'

export interface RunOptions extends DriveOptions {
  /** What people saw and agreed to. It is what runs. */
  readonly approved: PreparedPreview
  /** Yeses that were given with the preview; they count at the approval gates of the plan. See `approve`. */
  readonly approvals?: readonly Approval[]
  /** Who starts the run. Default: the runner's own actor. */
  readonly actor?: Actor
  /** Default: a new one that sorts by time. */
  readonly runId?: string
  readonly onEvent?: (event: RunEvent) => void
  readonly observer?: StepObserver
}

export interface ResumeRunOptions extends DriveOptions {
  readonly runId: string
  readonly actor?: Actor
  readonly override?: PlanOverride
  readonly onEvent?: (event: RunEvent) => void
  readonly observer?: StepObserver
}

/** A run that goes on in this process. */
export interface RunHandle {
  readonly runId: string
  /** Everything that happens, from the beginning, for any number of readers. */
  readonly events: AsyncIterable<RunEvent>
  /** Where the run stands when this process is through with it: ended, waiting at a gate, or blocked. Rejects only when the journal cannot be written. */
  readonly result: Promise<RunView>
}

/** A run as it was journalled. */
export interface ReadRun {
  readonly view: RunView
  readonly plan: SealedPlan
  readonly records: readonly RunRecord[]
}

/** An answer to a gate. `hash` is the one that the gate asks about: an answer to anything else does not count. */
export interface GateReply {
  readonly id: string
  readonly hash: string
  readonly answer: string
  readonly actor: Actor
  readonly reason?: string
  readonly breakGlass?: boolean
  /** Milliseconds since 1970. */
  readonly expiresAt?: number
}
/** `id` left out: the answer is for the whole run. `receipt`: of `applied` only. */
export interface OperatorReply {
  readonly id?: string
  readonly answer: OperatorAnswer
  readonly actor: Actor
  readonly reason: string
  readonly receipt?: JsonObject
}

/**
 * Previews plans, runs them, and carries them on after anything.
 *
 * Everything that a run knows stands in its journal: a process may die at any moment, and `resume` in another one goes on from there.
 */
export interface Runner {
  /**
   * Shows what a plan would do. Writes nothing anywhere; asks the plan's queries, prepares every step, samples what must hold, lints.
   *
   * @throws RollbackError `PLAN_INVALID`; what a query throws. A step that refuses is shown in the preview, not thrown.
   */
  preview(plan: Plan<Risk>, options?: PreviewOptions): Promise<PreparedPreview>
  /**
   * Runs what was previewed, and waits for where it ends up.
   *
   * @throws RollbackError before anything was changed: `PLAN_CHANGED`, `APPROVAL_VOID`, `PRECONDITION_FAILED` when the preview has blockers,
   * `JOURNAL_CONFLICT` when the run id exists.
   */
  run(plan: Plan<Risk>, options: RunOptions): Promise<RunView>
  /** Like `run`, for following it while it goes on. Resolves once the run is journalled. */
  start(plan: Plan<Risk>, options: RunOptions): Promise<RunHandle>
  /**
   * Carries on a run that was interrupted, waits, or was answered. The plan is built from the same module and input.
   *
   * @throws RollbackError `RUN_NOT_FOUND`, `LEASE_HELD` when another process has the run, `JOURNAL_CORRUPT`, `PLAN_CHANGED` with the steps
   * whose code changed.
   */
  resume(plan: Plan<Risk>, options: ResumeRunOptions): Promise<RunView>
  startResume(plan: Plan<Risk>, options: ResumeRunOptions): Promise<RunHandle>
  /**
   * Answers a gate, or a hazardous step that asks. Durable when it resolves; taken by the process that has the run, or by the next resume.
   *
   * @throws RollbackError `ANSWER_REFUSED` with what could be answered, `APPROVAL_VOID` for another hash, `PERMISSION_DENIED` for a wrong role.
   */
  answerGate(runId: string, reply: GateReply): Promise<RunView>
  /**
   * Answers a blocked run. Durable when it resolves.
   *
   * @throws RollbackError `ANSWER_REFUSED` with the answers that are possible now.
   */
  answer(runId: string, reply: OperatorReply): Promise<RunView>
  /**
   * Asks a run to stop. Durable first, then acknowledged, then obeyed: nothing new begins, what runs is finished and looked at, then the
   * run holds or goes back. Past a point of no return it goes back to that point only and asks what to do.
   */
  cancel(
    runId: string,
    request: { readonly mode?: 'compensate' | 'hold'; readonly actor: Actor; readonly reason: string },
  ): Promise<RunView>
  /**
   * Takes a lease away from whoever holds it, for a run that is blocked by it: an emergency, explicit and journalled. The displaced
   * process can write nothing more to that target. Resume the run afterwards.
   *
   * @throws RollbackError `LEASE_HELD` when the lease is not held with `displacedToken` any more, or when a process has this run open.
   */
  takeOverLease(runId: string, request: TakeOver): Promise<RunView>
  /** Every lease that is held now, with its holder and token. */
  listLeases(): Promise<readonly LeaseHolding[]>
  /** Reads a run, also while another process writes it. Changes nothing. */
  readRun(runId: string): Promise<ReadRun>
  /** Ids of all runs, newest first. */
  listRuns(): Promise<readonly string[]>
}

/** Makes a runner from its ports. Most programs want `fileRunner`. */
export function createRunner(ports: RunnerPorts): Runner {
  const start = async (plan: Plan<Risk>, options: RunOptions): Promise<RunHandle> => {
    const events = eventStream(options.onEvent)
    const create: CreateOptions = {
      approved: options.approved,
      approvals: options.approvals ?? [],
      actor: options.actor ?? ports.actor,
      events,
      ...(options.runId === undefined ? {} : { runId: options.runId }),
      ...(options.observer === undefined ? {} : { observer: options.observer }),
    }
    return follow(await createSession(plan, ports, create), events, options)
  }
  const startResume = async (plan: Plan<Risk>, options: ResumeRunOptions): Promise<RunHandle> => {
    const events = eventStream(options.onEvent)
    const resume: ResumeOptions = {
      runId: options.runId,
      actor: options.actor ?? ports.actor,
      events,
      ...(options.override === undefined ? {} : { override: options.override }),
      ...(options.observer === undefined ? {} : { observer: options.observer }),
    }
    return follow(await resumeSession(plan, ports, resume), events, options)
  }
  return {
    preview: (plan, options) => makePreview(plan, ports, options),
    start,
    startResume,
    run: async (plan, options) => (await start(plan, options)).result,
    resume: async (plan, options) => (await startResume(plan, options)).result,
    answerGate: (runId, reply) => answerFromOutside(ports, runId, { ask: 'gate', ...reply }),
    answer: (runId, { id = '', ...reply }) => answerFromOutside(ports, runId, { ask: 'operator', id, ...reply }),
    cancel: (runId, { mode = 'compensate', ...rest }) => answerFromOutside(ports, runId, { ask: 'cancel', mode, ...rest }),
    takeOverLease: (runId, request) => takeOverFromOutside(ports, runId, request),
    listLeases: () => ports.leases.list(),
    async readRun(runId) {
      const { plan, records } = await ports.store.read(runId)
      return { view: viewOf(replay(plan, records)), plan, records }
    },
    listRuns: () => ports.store.list(),
  }
}

function follow(session: Session, events: EventStream, options: DriveOptions): RunHandle {
  const result = carry(session, events, options)
  result.catch(() => undefined) // the caller may only want the events
  return { runId: session.run.runId, events, result }
}

async function carry(session: Session, events: EventStream, options: DriveOptions): Promise<RunView> {
  const unguard = guardRejections((id, message) => events.push({ type: 'stray-rejection', id, message }))
  const hasEnded = (): boolean => session.run.outcome !== undefined
  try {
    return await drive(session, options)
  } finally {
    await new Promise(setImmediate) // rejections of the last turn are told before the guard goes
    unguard()
    // A run that waits or is blocked keeps its leases until they run out or a resume takes them again: nobody else may write meanwhile.
    await session.leases.close(hasEnded()).catch(() => undefined)
    await session.writer.close({ ended: hasEnded() }).catch(() => undefined)
    session.span.end()
    events.end()
  }
}

/** How a program should exit: 0 healthy, 1 failed and put back, 2 needs a person, 3 refused before any change, 4 undecided. */
export function exitCodeOf(view: RunView): 0 | 1 | 2 | 3 | 4 {
  switch (view.outcome) {
    case 'succeeded':
      return 0
    case 'compensated':
      return 1
    case 'aborted':
      return 3
    case undefined:
      return view.state === 'waiting' ? 4 : 2
    default:
      return 2
  }
}

/**
 * One person's yes to a preview, to be passed to `run`.
 *
 * `accepts` names the hazardous steps that the person has seen; a hazardous step that nobody named asks again when it is reached.
 *
 * @throws RollbackError `PLAN_INVALID` for a step that is not hazardous or not in the preview.
 */
export function approve(
  preview: PreparedPreview,
  yes: {
    readonly actor: Actor
    readonly at: number
    readonly expiresAt?: number
    readonly accepts?: readonly string[]
    readonly reason?: string
    readonly breakGlass?: boolean
  },
): Approval {
  const unknown = (yes.accepts ?? []).find((id) => !preview.steps.some((step) => step.id === id))
  if (unknown !== undefined)
    throw new RollbackError('PLAN_INVALID', `The preview has no step "${unknown}"`, {
      hint: `Its steps: ${preview.steps.map(({ id }) => id).join(', ')}.`,
    })
  const { at, ...rest } = yes
  return { ...rest, hash: preview.hash, grantedAt: at }
}
