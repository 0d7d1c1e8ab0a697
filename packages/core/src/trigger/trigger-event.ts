import type { Actor, VerdictStatus } from '../engine/records.ts'
import { optionError } from '../policy/option-error.ts'
import type { DecisionToRecord } from './trigger-decision.ts'

/** A run as the trigger needs to know it. */
export interface RunNotice {
  readonly runId: string
  /** Everything that the run rolls back, in the same words as `target` of the triggers. */
  readonly targets: readonly string[]
  /** The trigger that started it; none for a run that a person started. */
  readonly trigger?: string
  /** Of the decision that asked for it. */
  readonly startId?: string
}

/** Who did it, and why. */
export interface PersonWord {
  readonly at: number
  readonly actor: Actor
  readonly reason: string
}

/**
 * What a trigger is told. `at` is when it happened, in milliseconds since 1970, UTC; events that do not concern the trigger are ignored.
 *
 * - `sampled`: one look at a signal.
 * - `known-good.sampled`: one look at what it would go back to.
 * - `decided`: the decision of `decideTrigger`, before anybody acts on it; a start also of another trigger with the same target.
 * - `run.started`, `run.ended`: a run on any target, of any trigger or person.
 * - `run.not-started`: a decided start came to nothing.
 * - `deployed`: a new release. What a run deploys itself, and what arrives while it settles, does not count as new.
 * - `cleared`: a person allows a machine to act again.
 * - `paused`, `resumed`: a person switches the trigger off and on. `cleared` and `resumed` from before what they are about change nothing.
 */
export type TriggerEvent =
  | { readonly type: 'sampled'; readonly at: number; readonly signal: string; readonly status: VerdictStatus; readonly detail?: string }
  | { readonly type: 'known-good.sampled'; readonly at: number; readonly status: VerdictStatus; readonly detail?: string }
  | { readonly type: 'decided'; readonly decision: DecisionToRecord }
  | { readonly type: 'run.started'; readonly at: number; readonly run: RunNotice }
  | { readonly type: 'run.ended'; readonly at: number; readonly run: RunNotice }
  | { readonly type: 'run.not-started'; readonly at: number; readonly startId: string }
  | { readonly type: 'deployed'; readonly at: number; readonly targets: readonly string[]; readonly release: string }
  | ({ readonly type: 'cleared' | 'paused' | 'resumed' } & PersonWord)

/**
 * Makes the event of a person.
 *
 * @throws RollbackError `OPTIONS_INVALID` without a name or a reason.
 */
export function wordOf(type: 'cleared' | 'paused' | 'resumed', word: PersonWord): TriggerEvent {
  if (word.actor.id.trim() === '') throw optionError(`trigger ${type}: actor is empty`, 'Name who decided it.')
  if (word.reason.trim() === '') throw optionError(`trigger ${type}: reason is empty`, 'Say in one sentence why.')
  return { type, ...word }
}
