import type { JsonObject } from '@backstep/core'
import { literal } from './quoting.ts'
import { schemaObjectsQuery } from './schema-objects-query.ts'
import type { SqlSession } from './sql-client.ts'

export interface SchemaSelection {
  /** Names of schemas as they are stored: `['public']`. */
  readonly schemas: readonly string[]
  /** Tables that do not count, with what belongs to them, as `schema.table`: the history of a migration tool, rows that were put aside. */
  readonly exceptTables?: readonly string[]
}

/** One object of a schema, by its kind and name, in the server's own words. */
export type SchemaObject = { readonly kind: string; readonly name: string; readonly definition: string }

/**
 * What a schema is, as a short text to compare: two schemas with the same one have the same columns (in any order), constraints, indexes with their
 * validity, views, functions, triggers, rules, policies, types, sequences and extensions. One call; has to be made inside a transaction.
 */
export async function schemaFingerprint(session: SqlSession, selection: SchemaSelection): Promise<string> {
  const [row] = await askCatalog(
    session,
    `select encode(sha256(convert_to(coalesce(string_agg(format('%s %s %s', kind, name, definition), E'\\n' order by kind collate "C", name collate "C",
      definition collate "C"), ''), 'UTF8')), 'hex') as fingerprint from (${queryFor(selection)}) objects`,
  )
  return (row as { readonly fingerprint: string }).fingerprint
}

/** The objects behind the fingerprint, in order: to say what differs. One call; has to be made inside a transaction. */
export async function schemaObjects(session: SqlSession, selection: SchemaSelection): Promise<readonly SchemaObject[]> {
  const query = `select kind, name, definition from (${queryFor(selection)}) objects order by kind collate "C", name collate "C", definition collate "C"`
  return (await askCatalog(session, query)) as readonly SchemaObject[]
}

/** An object that differs. `undefined`: it is not there on that side. */
export interface SchemaDifference {
  readonly kind: string
  readonly name: string
  readonly left: string | undefined
  readonly right: string | undefined
}

/** What differs between two lists of objects, in the order of kind and name; empty when the fingerprints are the same. */
export function schemaDifferences(left: readonly SchemaObject[], right: readonly SchemaObject[]): readonly SchemaDifference[] {
  const keyed = (objects: readonly SchemaObject[]): Map<string, SchemaObject> =>
    new Map(objects.map((one) => [`${one.kind} ${one.name}`, one]))
  const [ours, theirs] = [keyed(left), keyed(right)]
  return [...new Set([...ours.keys(), ...theirs.keys()])].toSorted().flatMap((key) => {
    const [one, other] = [ours.get(key), theirs.get(key)]
    if (one?.definition === other?.definition) return []
    const { kind, name } = (one ?? other) as SchemaObject
    return [{ kind, name, left: one?.definition, right: other?.definition }]
  })
}

function queryFor({ schemas, exceptTables = [] }: SchemaSelection): string {
  const list = (names: readonly string[]): string => `array[${names.map(literal).join(', ')}]::text[]`
  return schemaObjectsQuery.replaceAll('$1', () => list(schemas)).replaceAll('$2', () => list(exceptTables))
}

/** With a search path in which nothing but the catalog is found, and the former one afterwards; in one message, so that it is one call. */
async function askCatalog(session: SqlSession, query: string): Promise<readonly JsonObject[]> {
  const answers = await session.apply(`
    select set_config('backstep.search_path', current_setting('search_path'), true), set_config('search_path', 'pg_catalog', true);
    ${query};
    select set_config('search_path', current_setting('backstep.search_path'), true)`)
  return answers[1]?.rows ?? []
}
