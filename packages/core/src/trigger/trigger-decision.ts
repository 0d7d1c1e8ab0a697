/**
 * Why a trigger that has fired starts nothing.
 *
 * - `paused`: a person has switched it off.
 * - `run-in-flight`: a run of this trigger or on its target has not ended.
 * - `already-rolled-back`: a machine has gone back already, and neither a person nor a new release has cleared it.
 * - `cooling-down`: the last run on the target ended too short a time ago.
 * - `budget-used-up`: as many starts as allowed within 24 hours.
 * - `known-good-unhealthy`, `known-good-unknown`: what it would go back to is not known to be good.
 */
export type RefusalReason =
  | 'paused'
  | 'run-in-flight'
  | 'already-rolled-back'
  | 'cooling-down'
  | 'budget-used-up'
  | 'known-good-unhealthy'
  | 'known-good-unknown'

/** A signal that was unhealthy long enough. */
export interface FiredSignal {
  readonly signal: string
  readonly since: number
  readonly unhealthyMs: number
  readonly detail: string | null
}

/**
 * What to do now.
 *
 * - `nothing`: not enough signals have fired.
 * - `ask-known-good`: everything else allows a start. Sample the known-good check, put the result in, and decide again.
 * - `refuse`: it fired and starts nothing. Put the decision in; page people when `page` says so.
 * - `start`: put the decision into this trigger and into every other one of the same target, store the states, and only then create the
 *   run with `startId`.
 */
export type TriggerDecision =
  | { readonly decision: 'nothing' }
  | { readonly decision: 'ask-known-good' }
  | {
      readonly decision: 'refuse'
      readonly trigger: string
      readonly at: number
      readonly reason: RefusalReason
      /** One sentence for people. */
      readonly detail: string
      readonly hint: string
      /** People have to know: production is broken and no machine will act. `false` when it was said already for the same trouble. */
      readonly page: boolean
      readonly fired: readonly FiredSignal[]
    }
  | {
      readonly decision: 'start'
      readonly trigger: string
      readonly at: number
      /** Unique and the same after a restart: hand it to the runner as the key that drops a second creation of the run. */
      readonly startId: string
      readonly target: string
      readonly detail: string
      readonly fired: readonly FiredSignal[]
    }

/** A decision that is put into the state. */
export type DecisionToRecord = Extract<TriggerDecision, { readonly decision: 'refuse' | 'start' }>
