import type { RunRecord } from './records.ts'

/**
 * What the shell around the core should do. Each command is handed out once; it is closed by a record of its leaf, or handed back with
 * `withdraw` when it was not started.
 *
 * - `survey`: last look at an approved preparation before the first effect; `step.surveyed`, or `steps.surveyed` for many of them.
 * - `prepare`: `step.prepared` or `step.failed`.
 * - `execute`: `step.intended` (with `no-return.crossing` in the same write when `crosses`), then `step.effected` or `step.failed`.
 * - `probe`: `step.probed`. `verify`: `step.verified`.
 * - `look-back`: probe before an undo; `undo.looked`.
 * - `undo`: `undo.intended`, then `undo.effected` or `undo.failed`.
 * - `prove-undo`: probe after an undo; `undo.probed`.
 * - `sample`: of `require` and `observe`; `sample.taken`.
 * - `ask`: `gate.opened`. `queue`: `notice.queued`.
 */
export interface Command {
  readonly do: 'survey' | 'prepare' | 'execute' | 'probe' | 'verify' | 'look-back' | 'undo' | 'prove-undo' | 'sample' | 'ask' | 'queue'
  readonly id: string
  readonly attempt: number
  /** Not before this time, in milliseconds since 1970. */
  readonly notBefore?: number
  /** `execute` only: this intent goes over a point of no return. */
  readonly crosses?: boolean
  /** `ask` only: what is asked about. */
  readonly hash?: string
}

/** A gate that is open. At `until` it is out of time: append `gate.timed-out`. */
export interface OpenGate {
  readonly id: string
  readonly hash: string
  readonly until?: number
}

export type WithoutAt<R> = R extends RunRecord ? Omit<R, 'at'> : never
/** A record without its time: the shell stamps it. */
export type RecordBody = WithoutAt<RunRecord>

export interface Decision {
  /** To be appended first; then decide again. Never together with commands. */
  readonly records: readonly RecordBody[]
  /** To be started now, beside each other. */
  readonly commands: readonly Command[]
  /** Take all of these leases, or none: `lease.acquired` or `lease.refused`. */
  readonly acquire?: readonly string[]
}
