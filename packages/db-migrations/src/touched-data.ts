import type { ParsedStatement } from './parse-script.ts'
import { factsOf, type ObjectName, type StatementEffect } from './statement-effects.ts'

/**
 * Data that a script takes away or overwrites, by the names that it has before the script runs.
 *
 * - `table`: a table is dropped, with all rows.
 * - `column`: a column is dropped, with all values.
 * - `values`: values of columns may be overwritten (UPDATE, change of type).
 * - `rows`: some rows may be removed (DELETE, TRUNCATE).
 */
export interface TouchedData {
  readonly kind: 'table' | 'column' | 'values' | 'rows'
  readonly table: Required<ObjectName>
  readonly columns: readonly string[]
  /** The script also alters the table or its rows: at its end, it is not what it was at the start. */
  readonly isAltered?: boolean
}

export interface TouchedDataOf {
  readonly touched: readonly TouchedData[]
  /** What cannot be told from the script, with the statement. */
  readonly unclear: readonly { readonly statement: ParsedStatement; readonly why: string }[]
}

/** Names change while a script runs: what a table or a column is called now, and what it was called at the start. */
interface Names {
  readonly tables: Map<string, Required<ObjectName> | 'new'>
  /** `null`: the script itself has made it. */
  readonly columns: Map<string, string | null>
}

/**
 * What a whole undo touches, read from its statements in their order. A table or column that the script itself has made holds nothing that
 * was there before, and is left out; a renamed one is followed to its first name.
 */
export function touchedData(statements: readonly ParsedStatement[], defaultSchema: string): TouchedDataOf {
  const names: Names = { tables: new Map(), columns: new Map() }
  const touched: TouchedData[] = []
  const unclear: { statement: ParsedStatement; why: string }[] = []
  const renames = new Map<string, ParsedStatement>()
  const altered = new Set<string>()
  for (const statement of statements) {
    for (const effect of factsOf(statement).effects) {
      if (effect.what === 'unclear') unclear.push({ statement, why: effect.why })
      else {
        touched.push(...follow(names, effect, defaultSchema))
        if (effect.what !== 'drop-table') altered.add(keyOf(firstOf(names, effect, defaultSchema)))
        if (isRename(effect)) renames.set(keyOf(firstOf(names, effect, defaultSchema)), statement)
      }
    }
  }
  const all = merged(touched)
  const isRenamed = ({ kind, table }: TouchedData): boolean => (kind === 'values' || kind === 'rows') && renames.has(keyOf(table))
  const lost = all.filter(isRenamed).map(({ table }) => ({
    statement: renames.get(keyOf(table)) as ParsedStatement,
    why: `values of ${table.name} change, and it is renamed in the same undo`,
  }))
  const kept = all.filter((one) => !isRenamed(one))
  return { touched: kept.map((one) => (altered.has(keyOf(one.table)) ? { ...one, isAltered: true } : one)), unclear: [...unclear, ...lost] }
}

const isRename = ({ what }: StatementEffect): boolean => what === 'rename-table' || what === 'rename-column'

/** The first name of a table that a statement has just renamed, or a column of it. */
function firstOf(names: Names, effect: Named, defaultSchema: string): Required<ObjectName> {
  const { schema = defaultSchema, name } = effect.what === 'rename-table' ? effect.to : effect.table
  const first = names.tables.get(keyOf({ schema, name }))
  return first === undefined || first === 'new' ? { schema, name } : first
}

type Named = Exclude<StatementEffect, { what: 'unclear' }>

function follow(names: Names, effect: Named, defaultSchema: string): readonly TouchedData[] {
  const now = { schema: effect.table.schema ?? defaultSchema, name: effect.table.name }
  const key = keyOf(now)
  const first = names.tables.get(key) ?? now
  const firstColumn = (column: string): string | null => {
    const known = names.columns.get(`${key}.${column}`)
    return known === undefined ? column : known
  }
  switch (effect.what) {
    case 'create-table':
      names.tables.set(key, 'new')
      return []
    case 'add-column':
      names.columns.set(`${key}.${effect.column}`, null)
      return []
    case 'rename-table':
      renameTable(names, key, { schema: effect.to.schema ?? defaultSchema, name: effect.to.name }, first)
      return []
    case 'rename-column':
      names.columns.set(`${key}.${effect.to}`, firstColumn(effect.column))
      return []
    case 'drop-table':
      return first === 'new' ? [] : [{ kind: 'table', table: first, columns: [] }]
    case 'remove-rows':
      return first === 'new' ? [] : [{ kind: 'rows', table: first, columns: [] }]
    case 'drop-column':
    case 'change-values': {
      const columns = (effect.what === 'drop-column' ? [effect.column] : effect.columns)
        .map(firstColumn)
        .filter((column) => column !== null)
      if (first === 'new' || columns.length === 0) return []
      return [{ kind: effect.what === 'drop-column' ? 'column' : 'values', table: first, columns }]
    }
  }
}

function renameTable({ tables, columns }: Names, from: string, to: Required<ObjectName>, first: Required<ObjectName> | 'new'): void {
  tables.set(keyOf(to), first)
  for (const [column, name] of columns) {
    if (column.startsWith(`${from}.`)) columns.set(`${keyOf(to)}${column.slice(from.length)}`, name)
  }
}

const keyOf = ({ schema, name }: Required<ObjectName>): string => JSON.stringify([schema, name])

/** One entry for each table, column and kind; the larger one where one holds the other. */
function merged(touched: readonly TouchedData[]): readonly TouchedData[] {
  const dropped = new Set(touched.filter(({ kind }) => kind === 'table').map(({ table }) => keyOf(table)))
  const found = new Map<string, TouchedData>()
  for (const { kind, table, columns } of touched) {
    const key = keyOf(table)
    if (kind === 'table' || kind === 'rows') {
      if (kind === 'table' || !dropped.has(key)) found.set(`${kind} ${key}`, { kind, table, columns: [] })
      continue
    }
    for (const column of dropped.has(key) ? [] : columns) {
      const each = `${key} ${column}`
      if (kind === 'column') found.delete(`values ${each}`)
      if (kind === 'column' || !found.has(`column ${each}`)) found.set(`${kind} ${each}`, { kind, table, columns: [column] })
    }
  }
  return [...found.values()]
}
