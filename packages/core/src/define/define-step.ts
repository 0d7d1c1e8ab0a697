import type * as z from 'zod'
import type { ContactTable } from '../contract/contact.ts'
import type { ExecuteContext, PrepareContext, StepContext } from '../contract/context.ts'
import type { Json, JsonObject, Kind } from '../contract/json.ts'
import type { Position, Restoration, Verdict } from '../contract/observation.ts'
import { outputsOf, type Options, type Returned } from '../contract/output.ts'
import type { Preparation } from '../contract/preparation.ts'
import type { Risk, StepTraits } from '../contract/risk.ts'
import type { RollbackStep, StepSettings, TargetRef, Work } from '../contract/step.ts'
import { checkStepDefinition } from './check-definition.ts'
import { checkGiven } from './given-options.ts'
import { guardedBy } from './guarded.ts'
import { lazyPort } from './lazy-port.ts'
import { checkedPosition, checkedPreparation, checkedRestoration, checkedVerdict } from './method-results.ts'
import { parse } from './parse.ts'
import { resolveOutputs } from './resolve-outputs.ts'
import { checkSettings, checkTarget } from './step-settings.ts'

type Schema<T, In = unknown> = z.core.$ZodType<T, In> // not z.ZodType: eight times fewer instantiations per step

/** What a step package exports. `Client` is the port: a setting, not an option, so it is neither hashed nor journalled. */
export type StepFactory<In, Receipt extends JsonObject, R extends Risk, Client = undefined, Late extends keyof In = never> = (
  options: Options<In, Late>,
  settings?: StepSettings & { readonly client?: Client },
) => RollbackStep<Receipt, R>

/** What every method gets besides its work: parsed options without the late ones, and the port. */
interface Subject<O, Client, Late extends PropertyKey> {
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

/**
 * Makes a step factory.
 *
 * The types come from the schemas: options, what prepare captures, the snapshot, the receipt. Options are checked when a plan is built,
 * what comes from a journal whenever it is read, and what the step's own methods return before it is journalled. Failures that are no
 * `RollbackError` go through `toRollbackError`. The port is wrapped so that every contact is seen.
 *
 * @throws RollbackError `PLAN_INVALID` for a definition that contradicts itself; the returned factory throws `OPTIONS_INVALID`, naming the field.
 */
export function defineStep<
  In,
  O,
  const P extends JsonObject,
  const Receipt extends JsonObject,
  const R extends Risk,
  S extends Json = never,
  Client = undefined,
  const Late extends keyof In = never,
>(definition: StepDefinition<In, O, P, Receipt, S, R, Client, Late>): StepFactory<In, Receipt, R, Client, Late> {
  checkStepDefinition(definition)
  return (given, settings = {}) => makeStep(definition as unknown as AnyDefinition<O, P, Receipt, S, R, Client>, given, settings)
}

type AnyDefinition<O, P extends JsonObject, Receipt extends JsonObject, S extends Json, R extends Risk, Client> = StepDefinition<
  O,
  O,
  P,
  Receipt,
  S,
  R,
  Client,
  never
>

function makeStep<O, P extends JsonObject, Receipt extends JsonObject, R extends Risk, S extends Json, Client>(
  definition: AnyDefinition<O, P, Receipt, S, R, Client>,
  options: object,
  { client, ...settings }: StepSettings & { readonly client?: Client },
): RollbackStep<Receipt, R> {
  const { kind, traits } = definition
  const { given, known } = checkGiven<O>(definition, options)
  checkSettings(kind, settings)
  const portOf = lazyPort(definition.client?.bind(definition, known), definition.contacts, client)
  const step: RollbackStep<Receipt, R> = {
    contract: 'rollback-step/v1',
    node: 'step',
    kind,
    traits,
    settings,
    risk: (typeof traits.risk === 'string' ? [traits.risk] : traits.risk) as readonly R[],
    options: given,
    contacts: definition.contacts as ContactTable<unknown> | undefined,
    target: checkTarget(kind, definition.target(known)),
    output: outputsOf(() => step, definition.receipt, 'execute'),
    parseReceipt: (receipt) => parse(`${kind} receipt`, definition.receipt, receipt),
    ...methodsOf(definition, { given, known, portOf: ({ contacts }) => portOf(contacts) }),
  }
  return Object.freeze(step)
}

interface Made<O, Client> {
  readonly given: object
  readonly known: O
  readonly portOf: (context: StepContext) => Client
}

type Methods<Receipt extends JsonObject, R extends Risk> = Pick<
  RollbackStep<Receipt, R>,
  'prepare' | 'probe' | 'execute' | 'verify' | 'compensate'
>

function methodsOf<O, P extends JsonObject, Receipt extends JsonObject, R extends Risk, S extends Json, Client>(
  definition: AnyDefinition<O, P, Receipt, S, R, Client>,
  made: Made<O, Client>,
): Methods<Receipt, R> {
  const { kind } = definition
  const undo = typeof definition.compensate === 'function' ? definition.compensate.bind(definition) : undefined
  const guarded = guardedBy(kind, definition.toRollbackError.bind(definition))
  const subject = (work: Work<JsonObject, Json, Receipt>, context: StepContext) => ({
    ...knownWork(definition, work),
    options: made.known,
    client: made.portOf(context),
  })
  const receiptOf = (receipt: unknown): Receipt => parse(`${kind} receipt`, definition.receipt, receipt, 'INTERNAL')
  return {
    prepare: (context) => guarded(() => preparedBy(definition, made, context)),
    probe: (work, context) =>
      guarded(async () => {
        const position = checkedPosition(kind, await definition.probe(subject(work, context), context))
        return position.at === 'after' ? { at: 'after', receipt: receiptOf(position.receipt) } : position
      }),
    execute: (work, context) => guarded(async () => receiptOf(await definition.execute(subject(work, context), context))),
    verify: (work, context) =>
      guarded(async () => {
        const seen = subject(work, context)
        return checkedVerdict(kind, await definition.verify({ ...seen, receipt: seen.receipt ?? work.receipt }, context))
      }),
    ...(undo === undefined
      ? {}
      : { compensate: (work, context) => guarded(async () => checkedRestoration(kind, await undo(subject(work, context), context))) }),
  }
}

async function preparedBy<O, P extends JsonObject, Receipt extends JsonObject, R extends Risk, S extends Json, Client>(
  definition: AnyDefinition<O, P, Receipt, S, R, Client>,
  { given, portOf }: Made<O, Client>,
  context: PrepareContext,
): Promise<Preparation<JsonObject, R>> {
  const { kind } = definition
  const options = parse(kind, definition.options, resolveOutputs(given, context))
  const preparation = checkedPreparation(
    kind,
    await definition.prepare({ options, client: portOf(context) }, context as PrepareContext<never, never>),
  )
  parse(`${kind} prepared`, definition.prepared, preparation.prepared, 'INTERNAL')
  if (definition.snapshot !== undefined) parse(`${kind} snapshot`, definition.snapshot, preparation.snapshot, 'INTERNAL')
  return preparation as Preparation<JsonObject, R>
}

/** What the journal has of a step, held against the schemas: another version of the step may have written it. */
function knownWork<P extends JsonObject, Receipt extends JsonObject, S extends Json>(
  {
    kind,
    ...schemas
  }: { readonly kind: string; readonly prepared: Schema<P>; readonly snapshot?: Schema<S>; readonly receipt: Schema<Receipt> },
  { mark, prepared, snapshot, receipt }: Work<JsonObject, Json, Receipt>,
): Work<P, S, Receipt> {
  return {
    mark,
    prepared: parse(`${kind} prepared`, schemas.prepared, prepared, 'JOURNAL_CORRUPT'),
    snapshot: (schemas.snapshot === undefined ? undefined : parse(`${kind} snapshot`, schemas.snapshot, snapshot, 'SNAPSHOT_MISSING')) as S,
    receipt: receipt === undefined ? undefined : parse(`${kind} receipt`, schemas.receipt, receipt, 'JOURNAL_CORRUPT'),
  }
}
