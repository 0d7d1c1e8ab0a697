import type * as z from 'zod'
import type { ContactTable } from '../contract/contact.ts'
import type { PrepareContext, StepContext } from '../contract/context.ts'
import type { Json, JsonObject } from '../contract/json.ts'
import { outputsOf } from '../contract/output.ts'
import type { Restoration } from '../contract/observation.ts'
import type { Preparation } from '../contract/preparation.ts'
import type { Risk } from '../contract/risk.ts'
import type { RollbackStep, StepSettings, Work } from '../contract/step.ts'
import { checkStepDefinition } from './check-definition.ts'
import { checkGiven } from './given-options.ts'
import { guardedBy } from './guarded.ts'
import { lazyPort } from './lazy-port.ts'
import { checkedPosition, checkedPreparation, checkedRestoration, checkedVerdict } from './method-results.ts'
import { parse } from './parse.ts'
import { resolveOutputs } from './resolve-outputs.ts'
import type { StepDefinition, StepFactory } from './step-definition.ts'
import { checkSettings, checkTarget } from './step-settings.ts'

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
  const restored = (restoration: Restoration): Restoration => checkedRestoration(kind, restoration)
  return {
    prepare: (context) =>
      guarded(
        () => prepareNow(definition, made, context),
        (preparation) => checkedPrepared(definition, preparation),
      ),
    probe: (work, context) =>
      guarded(
        () => definition.probe(subject(work, context), context),
        (position) => {
          checkedPosition(kind, position)
          return position.at === 'after' ? { at: 'after', receipt: receiptOf(position.receipt) } : position
        },
      ),
    execute: (work, context) => guarded(() => definition.execute(subject(work, context), context), receiptOf),
    verify: (work, context) =>
      guarded(
        () => {
          const seen = subject(work, context)
          return definition.verify({ ...seen, receipt: seen.receipt ?? work.receipt }, context)
        },
        (verdict) => checkedVerdict(kind, verdict),
      ),
    ...(undo === undefined ? {} : { compensate: (work, context) => guarded(() => undo(subject(work, context), context), restored) }),
  }
}

function prepareNow<O, P extends JsonObject, Receipt extends JsonObject, R extends Risk, S extends Json, Client>(
  definition: AnyDefinition<O, P, Receipt, S, R, Client>,
  { given, portOf }: Made<O, Client>,
  context: PrepareContext,
): Promise<Preparation<JsonObject, R>> {
  const options = parse(definition.kind, definition.options, resolveOutputs(given, context))
  return definition.prepare({ options, client: portOf(context) }, context as PrepareContext<never, never>)
}

function checkedPrepared<O, P extends JsonObject, Receipt extends JsonObject, R extends Risk, S extends Json, Client>(
  { kind, ...schemas }: AnyDefinition<O, P, Receipt, S, R, Client>,
  preparation: Preparation<JsonObject, R>,
): Preparation<JsonObject, R> {
  checkedPreparation(kind, preparation)
  parse(`${kind} prepared`, schemas.prepared, preparation.prepared, 'INTERNAL')
  if (schemas.snapshot !== undefined) parse(`${kind} snapshot`, schemas.snapshot, preparation.snapshot, 'INTERNAL')
  return preparation
}

/** What the journal has of a step, held against the schemas: another version of the step may have written it. */
function knownWork<P extends JsonObject, Receipt extends JsonObject, S extends Json>(
  {
    kind,
    ...schemas
  }: {
    readonly kind: string
    readonly prepared: z.core.$ZodType<P>
    readonly snapshot?: z.core.$ZodType<S>
    readonly receipt: z.core.$ZodType<Receipt>
  },
  { mark, prepared, snapshot, receipt }: Work<JsonObject, Json, Receipt>,
): Work<P, S, Receipt> {
  return {
    mark,
    prepared: parse(`${kind} prepared`, schemas.prepared, prepared, 'JOURNAL_CORRUPT'),
    snapshot: (schemas.snapshot === undefined ? undefined : parse(`${kind} snapshot`, schemas.snapshot, snapshot, 'SNAPSHOT_MISSING')) as S,
    receipt: receipt === undefined ? undefined : parse(`${kind} receipt`, schemas.receipt, receipt, 'JOURNAL_CORRUPT'),
  }
}
