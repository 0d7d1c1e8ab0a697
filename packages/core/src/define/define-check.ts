import type * as z from 'zod'
import type { ContactTable } from '../contract/contact.ts'
import type { Kind } from '../contract/json.ts'
import type { Check, ReadContext } from '../contract/nodes.ts'
import type { Verdict } from '../contract/observation.ts'
import type { Options } from '../contract/output.ts'
import type { TargetRef } from '../contract/step.ts'
import { parse, parseKnownOptions } from './parse.ts'
import { observePort } from './port.ts'
import { resolveOutputs } from './resolve-outputs.ts'

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
  readonly client?: (options: O) => Client
  readonly contacts?: ContactTable<NoInfer<Client>>
  target(options: Omit<NoInfer<O>, Late>): TargetRef
  /** One look. No data is `unknown`, never `healthy` and never `unhealthy`. */
  sample(work: { readonly options: O; readonly client: Client }, context: ReadContext): Promise<Verdict>
}

/**
 * Makes a check factory. The same check serves `require`, `observe` and triggers.
 *
 * @throws RollbackError the returned factory throws `OPTIONS_INVALID`, naming the field.
 */
export function defineCheck<In, O, Client = undefined, const Late extends keyof In = never>(
  definition: CheckDefinition<In, O, Client, Late>,
): CheckFactory<In, Client, Late> {
  const { kind } = definition
  return (given, settings = {}) => {
    const known = parseKnownOptions(kind, definition.options, given) as Omit<O, Late>
    return Object.freeze({
      kind,
      options: given,
      target: definition.target(known),
      async sample(context: ReadContext) {
        const options = parse(kind, definition.options, resolveOutputs(given, context))
        const client = (settings.client ?? definition.client?.(options)) as Client
        const seen = definition.contacts === undefined ? client : observePort(client, definition.contacts, context.contacts)
        return definition.sample({ options, client: seen }, context)
      },
    })
  }
}
