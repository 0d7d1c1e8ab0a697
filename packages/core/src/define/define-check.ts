import type * as z from 'zod'
import type { ContactTable } from '../contract/contact.ts'
import type { Kind } from '../contract/json.ts'
import type { Check, ReadContext } from '../contract/nodes.ts'
import type { Verdict } from '../contract/observation.ts'
import type { Options } from '../contract/output.ts'
import type { TargetRef } from '../contract/step.ts'
import { checkCheckDefinition } from './check-definition.ts'
import { checkGiven } from './given-options.ts'
import { guardedBy } from './guarded.ts'
import { lazyPort } from './lazy-port.ts'
import { checkedVerdict } from './method-results.ts'
import { parse } from './parse.ts'
import { resolveOutputs } from './resolve-outputs.ts'
import { checkTarget } from './step-settings.ts'

/** What a package exports for a check. */
export type CheckFactory<In, Client = undefined, Late extends keyof In = never> = (
  options: Options<In, Late>,
  settings?: { readonly client?: Client },
) => Check

export interface CheckDefinition<In, O, Client, Late extends keyof In> {
  readonly kind: Kind
  readonly options: z.core.$ZodType<O, In>
  /** Options that may be given as an `Output`. */
  readonly late?: readonly Late[]
  /** Makes the port when no setting gives one; on first use, then kept for every look. */
  readonly client?: (options: Omit<O, Late>) => Client
  /** Each method of the port with its mode. Needed as soon as there is a client. */
  readonly contacts?: ContactTable<NoInfer<Client>>
  /** Turns a vendor failure into a `RollbackError`; one that can be retried is asked again. Left out: `INTERNAL`. */
  toRollbackError?(cause: unknown): Error
  target(options: Omit<NoInfer<O>, Late>): TargetRef
  /** One look. No data is `unknown`, never `healthy` and never `unhealthy`. */
  sample(work: { readonly options: O; readonly client: Client }, context: ReadContext): Promise<Verdict>
}

/**
 * Makes a check factory. The same check serves `require`, `observe` and triggers.
 *
 * @throws RollbackError `PLAN_INVALID` for a definition that contradicts itself; the returned factory throws `OPTIONS_INVALID`, naming the
 * field. A look that gives no verdict throws `INTERNAL`; whoever asks takes a throw for `unknown`.
 */
export function defineCheck<In, O, Client = undefined, const Late extends keyof In = never>(
  definition: CheckDefinition<In, O, Client, Late>,
): CheckFactory<In, Client, Late> {
  checkCheckDefinition(definition)
  const { kind } = definition
  const guarded = guardedBy(kind, definition.toRollbackError?.bind(definition))
  return (options, settings = {}) => {
    const { given, known } = checkGiven<Omit<O, Late>>(definition, options)
    const portOf = lazyPort(definition.client?.bind(definition, known), definition.contacts as ContactTable<Client>, settings.client)
    return Object.freeze<Check>({
      kind,
      options: given,
      target: checkTarget(kind, definition.target(known)),
      sample: (context) =>
        guarded(
          () => {
            const resolved = parse(kind, definition.options, resolveOutputs(given, context))
            return definition.sample({ options: resolved, client: portOf(context.contacts) }, context)
          },
          (verdict) => checkedVerdict(kind, verdict),
        ),
    })
  }
}
