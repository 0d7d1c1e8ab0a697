import * as z from 'zod'
import { RollbackError, sha256Hex, type JsonObject } from '@backstep/core'
import { identifier, type SqlSession } from '@backstep/postgres'
import type { TouchedData } from './touched-data.ts'

/** Data that an undo takes out of use, with everything that is needed to keep it and to put it back. */
export type KeptData = {
  readonly kind: 'table' | 'column' | 'values' | 'rows'
  /** `"public"."orders"` */
  readonly table: string
  /** For people: `public.orders`, `public.orders.discount`. */
  readonly label: string
  /** Where it is kept: `"backstep_5f2c"."public.orders"`. */
  readonly keptIn: string
  /** Parked: the table itself was moved there. Copied: its rows were. */
  readonly isParked: boolean
  /** Primary key. */
  readonly key: readonly string[]
  /** `column` and `values`: the one column. Others: every column that can be written. */
  readonly columns: readonly string[]
  /** Values that are NULL are kept too: the forward script would fill them with a default. */
  readonly keepsNulls: boolean
  /** Sequences of the table, with the place where their position is kept. */
  readonly sequences: readonly { readonly column: string; readonly keptIn: string; readonly sequence: string }[]
  /** Triggers that must stay silent while rows are put back. */
  readonly triggers: readonly string[]
  readonly foreignKeys: readonly string[]
  /** What its rows, or the one column, refer to: a row whose parent is gone cannot come back. */
  readonly references: readonly {
    readonly columns: readonly string[]
    readonly parent: string
    readonly parentColumns: readonly string[]
  }[]
  /** Counted when it was prepared. */
  readonly rows: number
  readonly bytes: number
}

const texts = z.array(z.string())

export const keptDataSchema: z.ZodType<KeptData> = z.object({
  kind: z.enum(['table', 'column', 'values', 'rows']),
  table: z.string(),
  label: z.string(),
  keptIn: z.string(),
  isParked: z.boolean(),
  key: texts,
  columns: texts,
  keepsNulls: z.boolean(),
  sequences: z.array(z.object({ column: z.string(), keptIn: z.string(), sequence: z.string() })),
  triggers: texts,
  foreignKeys: texts,
  references: z.array(z.object({ columns: texts, parent: z.string(), parentColumns: texts })),
  rows: z.number(),
  bytes: z.number(),
})

export interface FoundData {
  readonly kept: readonly KeptData[]
  /** What cannot be kept, and why. */
  readonly unkept: readonly { readonly label: string; readonly rows: number; readonly why: string }[]
}

type TableFacts = JsonObject & {
  readonly schema: string
  readonly name: string
  readonly bytes: string
  readonly key: readonly string[]
  readonly columns: readonly (JsonObject & {
    readonly name: string
    readonly isGenerated: boolean
    readonly hasDefault: boolean
    readonly sequence: string | null
  })[]
  readonly triggers: readonly string[]
  readonly foreignKeys: readonly string[]
  readonly references: readonly (JsonObject & {
    readonly columns: readonly string[]
    readonly parent: string
    readonly parentColumns: readonly string[]
  })[]
  /** Foreign keys of other tables that remove or change rows there. */
  readonly cascadesTo: readonly string[]
  /** Nothing else hangs on it: it can be moved away instead of being dropped. */
  readonly standsAlone: boolean
}

/** Where everything is kept that one undo takes out of use. */
export function keptSchema(mark: string): string {
  return `backstep_${mark
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, 24)}`
}

/**
 * Looks up what a script touches, counts it, and says how it can be kept. Tables and columns that do not exist are left out: `IF EXISTS`.
 *
 * @throws RollbackError `PERMISSION_DENIED` when the role may not read a table.
 */
export async function findKeptData(
  session: SqlSession,
  touched: readonly TouchedData[],
  { mark, canPark }: { readonly mark: string; readonly canPark: boolean },
): Promise<FoundData> {
  const tables = [...new Map(touched.map(({ table }) => [JSON.stringify(table), table])).values()]
  if (tables.length === 0) return { kept: [], unkept: [] }
  const facts = await session.query<TableFacts>(factsQuery, [JSON.stringify(tables)])
  const known = touched.flatMap((data) => described(data, facts, { mark, canPark }))
  const rows = await countRows(session, known)
  const counted = known.map((data, index) => ({ ...data, rows: rows[index] ?? 0 }))
  const reasons = new Map(counted.map((data) => [data, whyNotKept(data, facts)]))
  return {
    kept: counted.filter((data) => reasons.get(data) === undefined),
    unkept: counted.flatMap((data) => {
      const why = reasons.get(data)
      return why === undefined ? [] : [{ label: data.label, rows: data.rows, why }]
    }),
  }
}

/** Counts each of them now, in one statement. */
export async function countRows(session: SqlSession, kept: readonly KeptData[]): Promise<readonly number[]> {
  if (kept.length === 0) return []
  const counts = kept.map(({ kind, table, columns: [column = ''], keepsNulls }, index) => {
    const what = kind === 'column' && !keepsNulls ? identifier(column) : '*'
    return `(select count(${what}) from ${table})::text as c${index}`
  })
  const [answer] = await session.query<Readonly<Record<string, string>>>(`select ${counts.join(', ')}`)
  return kept.map((_, index) => Number(answer?.[`c${index}`] ?? 0))
}

interface Rules {
  readonly mark: string
  readonly canPark: boolean
}

function described(data: TouchedData, all: readonly TableFacts[], rules: Rules): readonly KeptData[] {
  const { kind, columns, table } = data
  const facts = all.find((one) => one.schema === table.schema && one.name === table.name)
  if (facts === undefined) return []
  const [only] = columns
  const column = facts.columns.find((one) => one.name === only)
  if (only !== undefined && column === undefined) return []
  const label = [table.schema, table.name, ...columns].join('.')
  const { key, triggers, foreignKeys, references } = facts
  return [
    {
      kind,
      table: identifier(table.schema, table.name),
      label,
      keptIn: placeOf(rules, `${shortened(label)}${endings[kind]}`),
      isParked: isParked(data, facts, rules),
      key,
      columns: only === undefined ? facts.columns.filter(({ isGenerated }) => !isGenerated).map((one) => one.name) : [only],
      keepsNulls: column?.hasDefault ?? true,
      sequences: kind === 'table' ? sequencesOf(label, facts, rules) : [],
      triggers,
      foreignKeys,
      references: references.filter((one) => only === undefined || (one.columns.length === 1 && one.columns[0] === only)),
      rows: 0,
      bytes: Number(facts.bytes),
    },
  ]
}

const endings = { table: '', column: '', values: ' before', rows: ' rows' } as const

const placeOf = ({ mark }: Rules, name: string): string => identifier(keptSchema(mark), name)

/** A table that the script alters first would be parked altered. */
function isParked({ kind, isAltered = false }: TouchedData, { standsAlone }: TableFacts, { canPark }: Rules): boolean {
  return kind === 'table' && canPark && standsAlone && !isAltered
}

function sequencesOf(label: string, { columns }: TableFacts, rules: Rules): KeptData['sequences'] {
  return columns.flatMap(({ name, sequence }) =>
    sequence === null ? [] : [{ column: name, sequence, keptIn: placeOf(rules, shortened(`${label}.${name} sequence`)) }],
  )
}

const longestName = 50

/** PostgreSQL cuts names at 63 bytes: two long names must not become one. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= longestName) return name
  return `${Buffer.from(name).subarray(0, 28).toString('utf8').replaceAll('\uFFFD', '')} ${sha256Hex(name).slice(0, 12)}`
}

function whyNotKept({ kind, key, label, columns: [column = ''], rows }: KeptData, all: readonly TableFacts[]): string | undefined {
  if (rows === 0) return undefined
  const facts = all.find(({ schema, name }) => label === `${schema}.${name}` || label === `${schema}.${name}.${column}`)
  if (kind !== 'table' && key.length === 0) return 'the table has no primary key, so nothing says which row a value belongs to'
  if (kind !== 'table' && key.includes(column)) return 'the column is part of the primary key'
  if (kind === 'rows' && (facts?.cascadesTo.length ?? 0) > 0) return `rows of ${facts?.cascadesTo.join(', ')} go or change with them`
  return undefined
}

/** @throws RollbackError `PRECONDITION_FAILED` when more rows would be taken out of use than the plan allows. */
export function requireRowsAtMost(kept: readonly KeptData[], rows: readonly number[], rowsAtMost: number | undefined): void {
  if (rowsAtMost === undefined) return
  const index = rows.findIndex((count) => count > rowsAtMost)
  if (index < 0) return
  throw new RollbackError('PRECONDITION_FAILED', `${kept[index]?.label} has ${rows[index]} rows, and the plan allows ${rowsAtMost}`, {
    hint: 'Look at what these rows are. If they may be taken out of use, raise "rowsAtMost" and have the plan approved again.',
  })
}

const factsQuery = `
  select t.schema, t.name, pg_total_relation_size(c.oid)::text as bytes,
    (select coalesce(json_agg(a.attname order by array_position(i.indkey::int[], a.attnum::int)), '[]') from pg_index i
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey) where i.indrelid = c.oid and i.indisprimary) as key,
    (select coalesce(json_agg(json_build_object('name', a.attname, 'isGenerated', a.attgenerated <> '', 'hasDefault', a.atthasdef,
      'sequence', pg_get_serial_sequence(format('%I.%I', t.schema, t.name), a.attname)) order by a.attnum), '[]')
      from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select coalesce(json_agg(tgname order by tgname), '[]') from pg_trigger where tgrelid = c.oid and not tgisinternal and tgenabled = 'O') as triggers,
    (select coalesce(json_agg(conname order by conname), '[]') from pg_constraint where conrelid = c.oid and contype = 'f' and conrelid <> confrelid) as "foreignKeys",
    (select coalesce(json_agg(json_build_object('parent', format('%I.%I', pn.nspname, p.relname),
      'columns', (select json_agg(a.attname order by u.n) from unnest(f.conkey) with ordinality u (k, n) join pg_attribute a on a.attrelid = f.conrelid and a.attnum = u.k),
      'parentColumns', (select json_agg(a.attname order by u.n) from unnest(f.confkey) with ordinality u (k, n)
        join pg_attribute a on a.attrelid = f.confrelid and a.attnum = u.k)) order by f.conname), '[]')
      from pg_constraint f join pg_class p on p.oid = f.confrelid join pg_namespace pn on pn.oid = p.relnamespace
      where f.conrelid = c.oid and f.contype = 'f' and f.conrelid <> f.confrelid) as "references",
    (select coalesce(json_agg(distinct conrelid::regclass::text), '[]') from pg_constraint
      where confrelid = c.oid and contype = 'f' and confdeltype in ('c', 'n', 'd')) as "cascadesTo",
    c.relkind = 'r' and not c.relispartition
      and not exists (select from pg_inherits where inhparent = c.oid or inhrelid = c.oid)
      and not exists (select from pg_constraint where confrelid = c.oid and conrelid <> c.oid)
      and not exists (select from pg_depend where refobjid in (c.oid, c.reltype) and deptype = 'n'
        and (classid in ('pg_rewrite'::regclass, 'pg_proc'::regclass, 'pg_class'::regclass) or refobjid = c.reltype))
      and not exists (select from pg_publication_rel where prrelid = c.oid)
      and not exists (select from pg_policy where polrelid = c.oid) as "standsAlone"
  from json_to_recordset($1) as t (schema text, name text)
  join pg_namespace n on n.nspname = t.schema
  join pg_class c on c.relname = t.name and c.relnamespace = n.oid and c.relkind in ('r', 'p')`
