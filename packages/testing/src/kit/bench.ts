import type { ContactCall, ContactMode, Json, Output, RollbackStep } from '@backstep/core'
import type { FaultProxy } from '../wire/fault-proxy.ts'

/**
 * Gives a plain value now, or an output that only becomes known while a plan runs. Wrap every option that the step names in `late`:
 *
 * ```ts
 * make: (late) => switchRelease({ shop, commit: late(commit) })
 * ```
 */
export type Late = <T extends Json>(value: T) => T | Output<T>

/**
 * One fresh world, the step that shall change it, and how to look at it from outside.
 *
 * Every world that `setUp` makes has to be the same one: the kit compares a run that was disturbed in one of them with a run that was not
 * in another.
 */
export interface StepBench {
  /**
   * Makes the step as a new process would: with a client of its own. Called once for every process that the kit plays, so that nothing can
   * be remembered from one to the next.
   */
  make(late: Late): RollbackStep
  /**
   * The world as a person sees it, as plain data: what must be the same after a crash, and what an undo must bring back. Leave out what
   * differs without meaning: uids, times, marks, positions in a history. Waits until the world stands still, when it moves by itself. Looks
   * past the step's own client, and past the proxy.
   */
  world(): Promise<Json>
  /**
   * Somebody else changes the target, so that it is neither what the step found nor what it makes of it. Needed for every step whose risk
   * is not `none`.
   */
  drift?(): Promise<void>
  /**
   * A number or text of the real backend that moves with every write, also with one that changes nothing a person would see: the length of
   * the audit log (without dry runs), the next transaction id, times and hashes of files. With it, "writes nothing" is proved of the
   * backend; without it, of the world only.
   */
  writes?(): Promise<number | string>
  /** A canary for every secret that the step reveals, by name. Eight characters or more, found nowhere else. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Makes the backend unreachable for the step; the returned function brings it back. Default: the kit refuses every contact. */
  unreachable?(): Promise<() => Promise<void>>
  /**
   * What the client throws when a connection breaks. With it, the kit also asks that the step knows its own backend's failures. Default: an
   * error as Node makes it, with the code `ECONNREFUSED` or `ECONNRESET`.
   */
  connectionLost?(call: ContactCall): Error
  /** Ends what a process that died would no longer hold: sockets, sessions. Needed when a contact opens something that stays open. */
  cutConnections?(): Promise<void>
  /** The proxy through which `make` lets the step reach its backend. With it, the kit also disturbs the wire. */
  readonly proxy?: FaultProxy
  tearDown?(): Promise<void>
}

/** A fault of your own: the kit lets it happen once at each contact of a run, and the run has to end as if it had not. */
export interface PortFault {
  /** `'a 503 after the write'`: the checks are named after it. */
  readonly name: string
  /** `before`: the call is never made. `after`: it was made, and its answer is replaced. */
  readonly when: 'before' | 'after'
  /** At which contacts. Default: at those that write. */
  readonly modes?: readonly ContactMode[]
  /** What the client throws instead of answering. */
  readonly error: (call: ContactCall) => Error
}

/** What both test runners offer, and what the kit needs of it. */
export interface TestFunctions {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, options: { readonly timeout: number }, body: (context: TestContext) => Promise<void>) => unknown
}

export interface TestContext {
  readonly skip: (reason?: string) => void
}

export interface RollbackStepTest extends TestFunctions {
  /** What is tested, for the name of the suite: `'undo-rollout of a Deployment'`. */
  readonly name: string
  /** Makes one fresh world. Called for every case: from about a hundred times for a small step to some thousand. */
  readonly setUp: () => Promise<StepBench>
  /** Crash and disturb only at every n-th contact, and always at every write. For backends that are slow to set up. Default 1. */
  readonly every?: number
  /**
   * Disturb at most so many contacts in each check, spread over all of them, those that write first. For the small one of two sizes: a step
   * is proved by a run without it. Default: no limit.
   */
  readonly most?: number
  /** How much faster the engine's time runs: its pauses get shorter, and so do its time-outs. 1 for a slow backend. Default 20. */
  readonly speed?: number
  /** How long, in real milliseconds, one method call may take, and a target to become healthy. Default 30,000. */
  readonly limitMs?: number
  /** How long, in real milliseconds, a method may go on after it was aborted. Default 2,000. */
  readonly promptMs?: number
  /** How long, in real milliseconds, one check may take. Default 600,000. */
  readonly timeoutMs?: number
  readonly faults?: readonly PortFault[]
}
