import type { ContactTable } from './contact.ts'
import type { ExecuteContext, PrepareContext, StepContext } from './context.ts'
import type { Duration, Json, JsonObject, Kind } from './json.ts'
import type { Position, Restoration, Verdict } from './observation.ts'
import type { Outputs } from './output.ts'
import type { Preparation } from './preparation.ts'
import type { Risk, StepTraits } from './risk.ts'

/** Anything that a plan is composed of. Made by step factories and combinators, never by hand. */
export interface PlanNode<out R extends Risk = Risk> {
  readonly node: 'step' | 'query' | 'require' | 'observe' | 'gate' | 'notice' | 'group'
  readonly risk: readonly R[]
}

/** Where the author says the target is: used for ids and lint. The exclusive identity needs contact and is `Preparation.leases`. */
export interface TargetRef {
  readonly system: string
  readonly name: string
}

/** What the journal knows of a prepared step, handed to every method after prepare. */
export interface Work<P extends JsonObject = JsonObject, S extends Json = Json, Receipt extends JsonObject = JsonObject> {
  readonly prepared: P
  readonly snapshot: S
  /** See `PrepareContext.mark`. */
  readonly mark: string
  /** There once execute has returned or probe has found the effect. Compare with it: a change after our own effect is `elsewhere`. */
  readonly receipt: Receipt | undefined
}

/** Per use: the second argument of every step factory. */
export interface StepSettings {
  /** Default `kind@target`. Needed only when two steps of one plan share both. */
  readonly id?: string
  /** Limit of one method call, and of waiting for `progressing` and `unknown`. Default `'5m'`. */
  readonly timeout?: Duration
  /** Attempts at the effect, and as many at its undo. Default 3; 1 when the effect is not idempotent. */
  readonly attempts?: number
}

/**
 * One rollback operation on one target: previewed, executed, proven, and put back.
 *
 * Step packages return it from a factory; plan authors compose it; the engine calls the methods in this order, any of the reads more than
 * once: prepare (preview) … prepare (run, under the lease) → probe → execute → verify … and, going back, probe → compensate → probe.
 * Write one with `defineStep`.
 */
export interface RollbackStep<Receipt extends JsonObject = JsonObject, out R extends Risk = Risk> extends PlanNode<R> {
  /** Version of this contract. A breaking change is a new literal beside the old one, never an edit. */
  readonly contract: 'rollback-step/v1'
  readonly node: 'step'
  readonly kind: Kind
  readonly target: TargetRef
  readonly traits: StepTraits<R>
  readonly settings: StepSettings
  /** Options as given: hashed with outputs and secrets as references, so that changed code under a running plan is noticed. */
  readonly options: object
  /** Contact names and modes, for tests and documentation. */
  readonly contacts: ContactTable<unknown> | undefined
  /** References to the fields of the receipt, known after execute. */
  readonly output: Outputs<Receipt, 'execute'>

  /** Read only. Once for people (preview) and once more under the lease right before execute: the second result is what runs. */
  prepare(context: PrepareContext): Promise<Preparation<JsonObject, R>>
  /** Read only. Where the live world is: the one comparison that everything else uses. */
  probe(work: Work<JsonObject, Json, Receipt>, context: StepContext): Promise<Position<Receipt>>
  /**
   * Makes the changes of one preparation. Looks again inside its write with the comparison of probe: own mark found, it returns the
   * receipt; not `before`, it throws `DRIFTED` and changes nothing. A throw that does not say `effect: 'none'` leaves the step in doubt.
   */
  execute(work: Work<JsonObject, Json, Receipt>, context: ExecuteContext): Promise<Receipt>
  /** Read only. One look that proves identity and health from live state. */
  verify(work: Work<JsonObject, Json, Receipt> & { readonly receipt: Receipt }, context: StepContext): Promise<Verdict>
  /** Puts back what the preparation captured; proved by probe saying `before`. There is no receipt after an unknown outcome. */
  compensate?(work: Work<JsonObject, Json, Receipt>, context: ExecuteContext): Promise<Restoration>
  /** Checks a receipt that a person reports (`applied`). Throws `OPTIONS_INVALID`. */
  parseReceipt(receipt: unknown): Receipt
}
