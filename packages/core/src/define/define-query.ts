import type * as z from 'zod'
import type { ContactTable } from '../contract/contact.ts'
import type { JsonObject, Kind } from '../contract/json.ts'
import type { Query, ReadContext } from '../contract/nodes.ts'
import { outputsOf, type Given, type Output } from '../contract/output.ts'
import type { TargetRef } from '../contract/step.ts'
import { parse, parseKnownOptions } from './parse.ts'
import { observePort } from './port.ts'
import { resolveOutputs } from './resolve-outputs.ts'

type QueryOptions<In> = { readonly [P in keyof In]: Given<In[P]> | Output<Given<In[P]>, 'prepare'> }

/** What a package exports for a query. */
export type QueryFactory<In, Result extends JsonObject, Client = undefined> = (
  options: QueryOptions<In>,
  settings?: { readonly client?: Client },
) => Query<Result>

export interface QueryDefinition<In, O, Result extends JsonObject, Client> {
  readonly kind: Kind
  readonly options: z.core.$ZodType<O, In>
  readonly result: z.core.$ZodType<Result>
  readonly client?: (options: O) => Client
  readonly contacts?: ContactTable<NoInfer<Client>>
  /** Gets the options as written, since some may be outputs of other queries; use only what names the target. */
  target(options: QueryOptions<In>): TargetRef
  read(work: { readonly options: O; readonly client: Client }, context: ReadContext): Promise<NoInfer<Result>>
}

/**
 * Makes a query factory. A query finds out what to go back to; it is asked once, when a plan is previewed, and its answer is sealed.
 * Every option may be the output of another query.
 *
 * @throws RollbackError the returned factory throws `OPTIONS_INVALID`, naming the field; an answer that does not fit `result` throws `INTERNAL`.
 */
export function defineQuery<In, O, Result extends JsonObject, Client = undefined>(
  definition: QueryDefinition<In, O, Result, Client>,
): QueryFactory<In, Result, Client> {
  const { kind } = definition
  return (given, settings = {}) => {
    parseKnownOptions(kind, definition.options, given)
    const query: Query<Result> = {
      node: 'query',
      kind,
      risk: ['none'],
      options: given,
      target: definition.target(given),
      output: outputsOf(() => query, definition.result, 'prepare'),
      async read(context) {
        const options = parse(kind, definition.options, resolveOutputs(given, context))
        const client = (settings.client ?? definition.client?.(options)) as Client
        const seen = definition.contacts === undefined ? client : observePort(client, definition.contacts, context.contacts)
        return parse(`${kind} answer`, definition.result, await definition.read({ options, client: seen }, context), 'INTERNAL')
      },
    }
    return Object.freeze(query)
  }
}
