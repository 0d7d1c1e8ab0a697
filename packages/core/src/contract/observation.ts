import type { Instant, JsonObject } from './json.ts'

/**
 * Where the live world is relative to one preparation.
 *
 * - `before`: as the preparation found it; nothing of the effect is there.
 * - `after`: the effect is there, whole; with the receipt that execute would have returned.
 * - `between`: a part of our own effect is there.
 * - `elsewhere`: neither; somebody else changed it.
 * - `unknown`: could not be seen. Asked again, never taken for an answer.
 */
export type Position<Receipt extends JsonObject = JsonObject> =
  | { readonly at: 'before' }
  | { readonly at: 'after'; readonly receipt: Receipt }
  | { readonly at: 'between' | 'elsewhere' | 'unknown'; readonly detail: string }

/**
 * One look at identity and health.
 *
 * - `healthy`: what runs is the target, and it works.
 * - `progressing`: on the way; the engine looks again until the step's time-out, then it counts as unhealthy.
 * - `unhealthy`: seen to be wrong.
 * - `unknown`: no data. Never counts as healthy and never as a failure: the run blocks for a person when it stays so.
 */
export type Verdict =
  | { readonly status: 'healthy'; readonly evidence: readonly Evidence[] }
  | { readonly status: 'progressing'; readonly evidence: readonly Evidence[]; readonly actual: string }
  | { readonly status: 'unhealthy'; readonly evidence: readonly Evidence[]; readonly expected: string; readonly actual: string }
  | { readonly status: 'unknown'; readonly evidence: readonly Evidence[]; readonly reason: string }

/** One observed fact: what was looked at, the value seen, where, and when. */
export interface Evidence {
  readonly what: string
  readonly value: string
  readonly source: string
  readonly at: Instant
}

/** What `compensate` reports. An empty `notRestored` says that everything captured is back. */
export interface Restoration {
  readonly evidence: readonly Evidence[]
  /** What could not be put back, and why. Printed by every report; it does not by itself fail the undo. */
  readonly notRestored?: readonly { readonly what: string; readonly why: string }[]
}
