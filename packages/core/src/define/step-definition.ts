import type * as z from 'zod'
import type { ContactTable } from '../contract/contact.ts'
import type { ExecuteContext, PrepareContext, StepContext } from '../contract/context.ts'
import type { Json, JsonObject, Kind } from '../contract/json.ts'
import type { Position, Restoration, Verdict } from '../contract/observation.ts'
import type { Options, Returned } from '../contract/output.ts'
import type { Preparation } from '../contract/preparation.ts'
import type { Risk, StepTraits } from '../contract/risk.ts'
import type { RollbackStep, StepSettings, TargetRef, Work } from '../contract/step.ts'

export type Schema<T, In = unknown> = z.core.$ZodType<T, In> // not z.ZodType: eight times fewer instantiations per step

/** What a step package exports. `Client` is the port: a setting, not an option, so it is neither hashed nor journalled. */
export type StepFactory<In, Receipt extends JsonObject, R extends Risk, Client = undefined, Late extends keyof In = never> = (
  options: Options<In, Late>,
  settings?: StepSettings & { readonly client?: Client },
) => RollbackStep<Receipt, R>

/** What every method gets besides its work: parsed options without the late ones, and the port. */
export interface Subject<O, Client, Late extends PropertyKey> {
  readonly options: Omit<O, Late>
  readonly client: Client
}

/** `In`: options as written, defaults left out. `O`: as parsed. The schemas alone fix the types; a loosely typed method cannot widen a receipt. */
export interface StepBody<
  In,
  O,
  P extends JsonObject,
  Receipt extends JsonObject,
  S extends Json,
  R extends Risk,
  Client,
  Late extends keyof In,
> {
  readonly kind: Kind
  readonly options: Schema<O, In>
  readonly prepared: Schema<P>
  readonly receipt: Schema<Receipt>
  readonly snapshot?: Schema<S>
  readonly traits: StepTraits<R>
  /** Options that may be given as an `Output`. They are plain values inside `prepare`, and absent elsewhere: keep what you need in `prepared`. */
  readonly late?: readonly Late[]
  /** Makes the port when no setting gives one; on first use, so that building a plan contacts nothing. */
  readonly client?: (options: Omit<O, Late>) => Client
  /** Each method of the port with its mode. Needed as soon as there is a client. */
  readonly contacts?: ContactTable<NoInfer<Client>>
  /** Turns a vendor failure into a `RollbackError`. What it returns is thrown; it is not asked about a `RollbackError`. */
  toRollbackError(cause: unknown): Error
  target(options: Omit<O, Late>): TargetRef
  prepare(
    work: { readonly options: O; readonly client: Client },
    context: PrepareContext<NoInfer<P>, NoInfer<S>>,
  ): Promise<Preparation<Returned<P>, NoInfer<R>, NoInfer<S>>>
  probe(
    work: Subject<O, Client, Late> & Work<NoInfer<P>, NoInfer<S>, NoInfer<Receipt>>,
    context: StepContext,
  ): Promise<Position<Returned<Receipt>>>
  execute(
    work: Subject<O, Client, Late> & Work<NoInfer<P>, NoInfer<S>, NoInfer<Receipt>>,
    context: ExecuteContext,
  ): Promise<Returned<Receipt>>
  verify(
    work: Subject<O, Client, Late> & Work<NoInfer<P>, NoInfer<S>, NoInfer<Receipt>> & { readonly receipt: NoInfer<Receipt> },
    context: StepContext,
  ): Promise<Verdict>
}

/** A step that can be undone must say how; one that cannot must not pretend. */
export type Compensation<
  O,
  P extends JsonObject,
  Receipt extends JsonObject,
  S extends Json,
  R extends Risk,
  Client,
  Late extends PropertyKey,
> = [R] extends ['none']
  ? { readonly compensate?: 'a step with risk none has nothing to compensate' }
  : 'point-of-no-return' extends R
    ? { readonly compensate?: 'a point of no return cannot be compensated' }
    : {
        compensate(
          work: Subject<O, Client, Late> & Work<NoInfer<P>, NoInfer<S>, NoInfer<Receipt>>,
          context: ExecuteContext,
        ): Promise<Restoration>
      }

/** See `defineStep`. */
export type StepDefinition<
  In,
  O,
  P extends JsonObject,
  Receipt extends JsonObject,
  S extends Json,
  R extends Risk,
  Client = undefined,
  Late extends keyof In = never,
> = StepBody<In, O, P, Receipt, S, R, Client, Late> & Compensation<O, P, Receipt, S, R, Client, Late>
