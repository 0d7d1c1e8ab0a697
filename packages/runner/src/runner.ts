import type {
  Actor,
  Approval,
  JsonObject,
  OperatorAnswer,
  Plan,
  PreparedPreview,
  Risk,
  RunRecord,
  RunView,
  SealedPlan,
} from '@backstep/core'
import type { DriveOptions } from './drive.ts'
import type { RunEvent } from './events.ts'
import type { PreviewOptions } from './preview.ts'
import type { TakeOver } from './requests.ts'
import type { PlanOverride } from './plan-change.ts'
import type { StepObserver } from './session.ts'
import type { LeaseHolding } from './store.ts'

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
   * @throws RollbackError `ANSWER_REFUSED` with the answers that are possible now, `PAST_POINT_OF_NO_RETURN` for a `compensate` that would
   * have to go behind a point of no return.
   */
  answer(runId: string, reply: OperatorReply): Promise<RunView>
  /**
   * Asks a run to stop. Durable first, then acknowledged, then obeyed: nothing new begins, what runs is finished and looked at, then the
   * run holds or goes back. Past a point of no return it goes back to that point only and asks what to do.
   *
   * @throws RollbackError `PAST_POINT_OF_NO_RETURN` when it has gone back to such a point already, `ANSWER_REFUSED` when it has ended or is
   * being cancelled.
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
