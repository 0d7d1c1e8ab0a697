import { identifier, literal } from '@backstep/postgres'
import { keptSchema, type KeptData } from './kept-data.ts'

const after = ({ keptIn }: KeptData): string => keptIn.replace(/ before"$/, ' after"')
const nowName = (index: number): string => `backstep_now_${index}`
const names = (columns: readonly string[], prefix = ''): string => columns.map((column) => `${prefix}${identifier(column)}`).join(', ')
const sameKey = ({ key }: KeptData, left: string, right: string): string =>
  key.map((column) => `${left}.${identifier(column)} = ${right}.${identifier(column)}`).join(' and ')

/** True of a kept row, called `k`, whose parents are there. */
function hasParents({ references }: KeptData): string {
  const each = references.map(({ columns, parent, parentColumns }) => {
    const nothing = columns.map((column) => `k.${identifier(column)} is null`).join(' or ')
    const equal = columns.map((column, index) => `p.${identifier(parentColumns[index] ?? '')} = k.${identifier(column)}`).join(' and ')
    return `(${nothing} or exists (select from ${parent} p where ${equal}))`
  })
  return each.length === 0 ? 'true' : each.join(' and ')
}

/** Before the undo runs: everything that can only be copied. */
export function keepBefore(kept: readonly KeptData[], mark: string, label: string): readonly string[] {
  if (kept.length === 0) return []
  const schema = identifier(keptSchema(mark))
  return [
    `create schema ${schema}`,
    `comment on schema ${schema} is ${literal(`backstep ${mark}: kept by an undo of ${label}`)}`,
    ...kept.filter(({ isParked }) => !isParked).flatMap(copyOf),
  ]
}

function copyOf(data: KeptData): readonly string[] {
  const { kind, table, keptIn, key, columns, keepsNulls, sequences } = data
  if (kind === 'table' || kind === 'rows') {
    return [
      `create table ${keptIn} as table ${table}`,
      ...sequences.map(({ sequence, keptIn: place }) => `create table ${place} as select last_value, is_called from ${sequence}`),
    ]
  }
  const [column = ''] = columns
  const which = kind === 'column' && !keepsNulls ? ` where ${identifier(column)} is not null` : ''
  return [`create table ${keptIn} as select ${names([...key, column])} from ${table}${which}`]
}

/** In place of a DROP TABLE: the table is moved away whole, without a copy, and cut off from what stays. */
export function park(data: KeptData, mark: string): readonly string[] {
  const { table, keptIn, foreignKeys, sequences } = data
  const schema = identifier(keptSchema(mark))
  const [, name = ''] = /^"(?:[^"]|"")*"\.("(?:[^"]|"")*")$/.exec(table) ?? []
  return [
    ...foreignKeys.map((constraint) => `alter table ${table} drop constraint ${identifier(constraint)}`),
    ...sequences.map(({ sequence, keptIn: place }) => `create table ${place} as select last_value, is_called from ${sequence}`),
    `alter table ${table} set schema ${schema}`,
    `alter table ${schema}.${name} rename to ${keptIn.slice(schema.length + 1)}`,
  ]
}

/** After the undo has run: what became of values and rows, so that the way back changes nothing that was written later. */
export function keepAfter(kept: readonly KeptData[]): readonly string[] {
  return kept.flatMap((data) => {
    const { kind, table, keptIn, key, columns } = data
    if (kind === 'values') return [`create table ${after(data)} as select ${names([...key, ...columns])} from ${table}`]
    if (kind === 'rows') return [`delete from ${keptIn} k using ${table} t where ${sameKey(data, 'k', 't')}`]
    return []
  })
}

/** Before the forward scripts run again: what the values are now. */
export function restoreBefore(kept: readonly KeptData[]): readonly string[] {
  return kept.flatMap(({ kind, table, key, columns }, index) =>
    kind === 'values'
      ? [`create temporary table ${nowName(index)} on commit drop as select ${names([...key, ...columns])} from ${table}`]
      : [],
  )
}

/**
 * After the forward scripts ran again. Tables come first, the last one dropped before the others: columns and rows may refer to theirs.
 * Triggers are silent meanwhile: what they once did is among the kept rows.
 */
export function restoreAfter(kept: readonly KeptData[]): readonly string[] {
  const order = { table: 0, rows: 1, column: 2, values: 3 }
  return kept
    .map((data, index) => ({ data, index }))
    .toSorted((one, other) => order[one.data.kind] - order[other.data.kind] || other.index - one.index)
    .flatMap(({ data, index }) => {
      const restore = data.kind === 'table' || data.kind === 'rows' ? restoreRows(data) : restoreValues(data, index)
      const silence = (how: string): readonly string[] =>
        data.triggers.map((trigger) => `alter table ${data.table} ${how} trigger ${identifier(trigger)}`)
      return [...silence('disable'), ...restore, ...silence('enable')]
    })
}

function restoreRows(data: KeptData): readonly string[] {
  const { kind, table, keptIn, columns, sequences } = data
  const free = kind === 'rows' ? ` and not exists (select from ${table} t where ${sameKey(data, 'k', 't')})` : ''
  return [
    ...(kind === 'table' ? [`delete from ${table}`] : []),
    `insert into ${table} (${names(columns)}) overriding system value select ${names(columns)} from ${keptIn} k where ${hasParents(data)}${free}`,
    ...sequences.map(
      ({ column, keptIn: place }) =>
        `select setval(pg_get_serial_sequence(${literal(table)}, ${literal(column)})::regclass, last_value, is_called) from ${place}`,
    ),
  ]
}

function restoreValues(data: KeptData, index: number): readonly string[] {
  const { kind, table, keptIn, columns } = data
  const column = identifier(columns[0] ?? '')
  const change = `update ${table} t set ${column} = k.${column} from ${keptIn} k`
  const differs = `t.${column}::text is distinct from k.${column}::text`
  if (kind === 'column') return [`${change} where ${sameKey(data, 't', 'k')} and ${differs} and ${hasParents(data)}`]
  const untouched = `n.${column}::text is not distinct from a.${column}::text`
  const joined = `${sameKey(data, 't', 'k')} and ${sameKey(data, 't', 'a')} and ${sameKey(data, 't', 'n')}`
  return [`${change}, ${after(data)} a, ${nowName(index)} n where ${joined} and ${untouched} and ${differs}`]
}

/** Counts what had nowhere to go back to; `undefined` where everything always has. One row with one number. */
export function notRestoredQuery(data: KeptData, index: number): { readonly sql: string; readonly why: string } | undefined {
  const { kind, table, keptIn, columns } = data
  const column = identifier(columns[0] ?? '')
  if (kind === 'table') {
    if (data.references.length === 0) return undefined
    return {
      sql: `select count(*)::text as rows from ${keptIn} k where not (${hasParents(data)})`,
      why: 'the rows that they refer to were deleted meanwhile',
    }
  }
  if (kind === 'column') {
    return {
      sql: `select count(k.${column})::text as rows from ${keptIn} k where not exists (select from ${table} t where ${sameKey(data, 't', 'k')}) or not (${hasParents(data)})`,
      why: 'their rows, or what they refer to, were deleted meanwhile',
    }
  }
  if (kind === 'rows') {
    const equal = columns.map((name) => `t.${identifier(name)}::text is not distinct from k.${identifier(name)}::text`).join(' and ')
    return {
      sql: `select count(*)::text as rows from ${keptIn} k where not exists (select from ${table} t where ${sameKey(data, 't', 'k')} and ${equal})`,
      why: 'others with the same key were written meanwhile',
    }
  }
  return {
    sql: `select count(*)::text as rows from ${after(data)} a join ${keptIn} k on ${sameKey(data, 'a', 'k')} left join ${nowName(index)} n on ${sameKey(data, 'n', 'a')}
      where n.${column}::text is distinct from a.${column}::text and k.${column}::text is distinct from a.${column}::text`,
    why: 'the values were changed meanwhile',
  }
}
