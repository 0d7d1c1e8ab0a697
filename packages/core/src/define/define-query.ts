import type * as z from 'zod'
import type { ContactTable } from '../contract/contact.ts'
import type { JsonObject, Kind } from '../contract/json.ts'
import type { Query, ReadContext } from '../contract/nodes.ts'
import { outputsOf, type Given, type Output, type Returned } from '../contract/output.ts'
import type { TargetRef } from '../contract/step.ts'
import { checkQueryDefinition } from './check-definition.ts'
import { checkGiven } from './given-options.ts'
import { guardedBy } from './guarded.ts'
import { seenPort } from './lazy-port.ts'
import { parse } from './parse.ts'
import { resolveOutputs } from './resolve-outputs.ts'
import { checkTarget } from './step-settings.ts'

/** Options of a query as a plan author writes them: each of them also takes the output of another query. */
export type QueryOptions<In> = { readonly [P in keyof In]: Given<In[P]> | Output<Given<In[P]>, 'prepare'> }

/** What a package exports for a query. */
export type QueryFactory<In, Result extends JsonObject, Client = undefined> = (
  options: QueryOptions<In>,
  settings?: { readonly client?: Client },
) => Query<Result>

export interface QueryDefinition<In, O, Result extends JsonObject, Client> {
  readonly kind: Kind
  readonly options: z.core.$ZodType<O, In>
  readonly result: z.core.$ZodType<Result>
  /** Makes the port when no setting gives one; each time the query is asked, since its options may be other answers then. */
  readonly client?: (options: O) => Client
  /** Each method of the port with its mode. Needed as soon as there is a client. */
  readonly contacts?: ContactTable<NoInfer<Client>>
  /** Turns a vendor failure into a `RollbackError`; one that can be retried is asked again. Left out: `INTERNAL`. */
  toRollbackError?(cause: unknown): Error
  /** Gets the options as written, since some may be outputs of other queries; use only what names the target. */
  target(options: QueryOptions<In>): TargetRef
  read(work: { readonly options: O; readonly client: Client }, context: ReadContext): Promise<Returned<Result>>
}

/**
 * Makes a query factory. A query finds out what to go back to; it is asked once, when a plan is previewed, and its answer is sealed.
 * Every option may be the output of another query.
 *
 * @throws RollbackError `PLAN_INVALID` for a definition that contradicts itself; the returned factory throws `OPTIONS_INVALID`, naming the
 * field; an answer that does not fit `result` throws `INTERNAL`.
 */
export function defineQuery<In, O, const Result extends JsonObject, Client = undefined>(
  definition: QueryDefinition<In, O, Result, Client>,
): QueryFactory<In, Result, Client> {
  checkQueryDefinition(definition)
  const { kind, contacts } = definition
  const guarded = guardedBy(kind, definition.toRollbackError?.bind(definition))
  return (options, settings = {}) => {
    const { given } = checkGiven({ ...definition, late: 'any' }, options)
    const query: Query<Result> = {
      node: 'query',
      kind,
      risk: ['none'],
      options: given,
      target: checkTarget(kind, definition.target(options)),
      output: outputsOf(() => query, definition.result, 'prepare'),
      read: (context) =>
        guarded(
          () => {
            const resolved = parse(kind, definition.options, resolveOutputs(given, context))
            const client = (settings.client ?? definition.client?.(resolved)) as Client
            const seen = seenPort(client, contacts as ContactTable<Client>, context.contacts)
            return definition.read({ options: resolved, client: seen }, context)
          },
          (answer) => parse(`${kind} answer`, definition.result, answer, 'INTERNAL'),
        ),
    }
    return Object.freeze(query)
  }
}
