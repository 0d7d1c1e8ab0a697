import type { ParsedStatement, SyntaxNode } from './parse-script.ts'

/** A name as a script writes it. Without a schema, the search path decides. */
export interface ObjectName {
  readonly schema?: string
  readonly name: string
}

/** What one statement does to data, and to the names under which later statements find it. */
export type StatementEffect =
  | { readonly what: 'drop-table'; readonly table: ObjectName }
  | { readonly what: 'drop-column'; readonly table: ObjectName; readonly column: string }
  | { readonly what: 'change-values'; readonly table: ObjectName; readonly columns: readonly string[] }
  | { readonly what: 'remove-rows'; readonly table: ObjectName }
  | { readonly what: 'create-table'; readonly table: ObjectName }
  | { readonly what: 'add-column'; readonly table: ObjectName; readonly column: string }
  | { readonly what: 'rename-table'; readonly table: ObjectName; readonly to: ObjectName }
  | { readonly what: 'rename-column'; readonly table: ObjectName; readonly column: string; readonly to: string }
  /** Rows, or objects that hold rows, may be lost, and the script does not say which. */
  | { readonly what: 'unclear'; readonly why: string }

export interface StatementFacts {
  readonly effects: readonly StatementEffect[]
  /** Why it cannot run inside one transaction. */
  readonly notInTransaction?: string
  /** It would end the transaction that it runs in. */
  readonly isTransactionControl: boolean
}

type Reader = (node: SyntaxNode) => readonly StatementEffect[]

/** What a statement would do. Statements that only change structure have no effects: the forward scripts bring structure back. */
export function factsOf({ kind, node }: ParsedStatement): StatementFacts {
  const reason = notInTransaction(kind, node)
  return {
    effects: reason === undefined ? effectsOf(kind, node) : [],
    ...(reason === undefined ? {} : { notInTransaction: reason }),
    isTransactionControl: kind === 'TransactionStmt',
  }
}

const readers: Readonly<Record<string, Reader>> = {
  AlterTableStmt: ofAlterTable,
  DropStmt: ofDrop,
  RenameStmt: ofRename,
  AlterObjectSchemaStmt: ofMove,
  CreateStmt: (node) => [{ what: 'create-table', table: rangeName(node['relation']) }],
  CreateTableAsStmt: (node) => [{ what: 'create-table', table: rangeName(child(node, 'into')['rel']) }],
  UpdateStmt: (node) => [
    ...withQueries(node),
    {
      what: 'change-values',
      table: rangeName(node['relation']),
      columns: [...new Set(list(node, 'targetList').map((target) => text(child(target, 'ResTarget'), 'name')))],
    },
  ],
  DeleteStmt: (node) => [...withQueries(node), { what: 'remove-rows', table: rangeName(node['relation']) }],
  TruncateStmt: (node) => [
    ...list(node, 'relations').map((item) => ({ what: 'remove-rows' as const, table: rangeName(item['RangeVar']) })),
    ...(node['behavior'] === 'DROP_CASCADE' ? [unclear('TRUNCATE CASCADE also empties tables that refer to these')] : []),
  ],
  InsertStmt: (node) => [
    ...withQueries(node),
    ...(node['onConflictClause'] === undefined ? [] : [unclear('INSERT … ON CONFLICT may change rows that are there')]),
  ],
  SelectStmt: (node) => (callsNothing(node) ? [] : [unclear('SELECT calls a function, which may do anything')]),
  MergeStmt: () => [unclear('MERGE may change and remove rows')],
  DoStmt: () => [unclear('DO runs a program, which may do anything')],
  CallStmt: () => [unclear('CALL runs a procedure, which may do anything')],
  ExecuteStmt: () => [unclear('EXECUTE runs a statement that is not in the script')],
  CopyStmt: () => [unclear('COPY moves rows that are not in the script')],
  DropOwnedStmt: () => [unclear('DROP OWNED drops objects that are not named')],
  DropRoleStmt: () => [unclear('roles belong to the whole server')],
  VariableSetStmt: (node) => (text(node, 'name') === 'search_path' ? [unclear('SET search_path changes what the names below mean')] : []),
}

function effectsOf(kind: string, node: SyntaxNode): readonly StatementEffect[] {
  return readers[kind]?.(node) ?? []
}

function ofAlterTable(node: SyntaxNode): readonly StatementEffect[] {
  if (node['objtype'] !== 'OBJECT_TABLE') return []
  const table = rangeName(node['relation'])
  return list(node, 'cmds').flatMap((item): readonly StatementEffect[] => {
    const command = child(item, 'AlterTableCmd')
    const column = text(command, 'name')
    switch (command['subtype']) {
      case 'AT_DropColumn':
        return [{ what: 'drop-column', table, column }]
      case 'AT_AlterColumnType':
        return [{ what: 'change-values', table, columns: [column] }]
      case 'AT_AddColumn':
        return [{ what: 'add-column', table, column: text(child(child(command, 'def'), 'ColumnDef'), 'colname') }]
      case 'AT_DropExpression':
      case 'AT_SetExpression':
        return [{ what: 'change-values', table, columns: [column] }]
      default:
        return []
    }
  })
}

/** Objects whose removal takes columns or tables of others with it, when CASCADE is said. */
const heldByColumns = new Set(['OBJECT_TYPE', 'OBJECT_DOMAIN', 'OBJECT_SCHEMA', 'OBJECT_EXTENSION', 'OBJECT_COLLATION', 'OBJECT_FUNCTION'])

function ofDrop(node: SyntaxNode): readonly StatementEffect[] {
  const what = String(node['removeType'])
  if (what === 'OBJECT_TABLE') return list(node, 'objects').map((item) => ({ what: 'drop-table', table: listName(child(item, 'List')) }))
  if (what === 'OBJECT_FOREIGN_TABLE') return []
  if (what === 'OBJECT_SEQUENCE') return [unclear('DROP SEQUENCE loses the number that was reached')]
  if (node['behavior'] === 'DROP_CASCADE' && heldByColumns.has(what)) return [unclear('CASCADE also drops columns and tables that use it')]
  return []
}

function ofRename(node: SyntaxNode): readonly StatementEffect[] {
  const type = node['renameType']
  if (node['relation'] === undefined) return type === 'OBJECT_SCHEMA' ? [unclear('renaming a schema moves its tables')] : []
  const table = rangeName(node['relation'])
  const newName = text(node, 'newname')
  if (type === 'OBJECT_TABLE') return [{ what: 'rename-table', table, to: { ...table, name: newName } }]
  if (type === 'OBJECT_COLUMN') return [{ what: 'rename-column', table, column: text(node, 'subname'), to: newName }]
  return []
}

function ofMove(node: SyntaxNode): readonly StatementEffect[] {
  if (node['objectType'] !== 'OBJECT_TABLE') return []
  const table = rangeName(node['relation'])
  return [{ what: 'rename-table', table, to: { name: table.name, schema: text(node, 'newschema') } }]
}

/** Statements that PostgreSQL refuses inside a transaction, or that reach beyond the database. */
function notInTransaction(kind: string, node: SyntaxNode): string | undefined {
  if (node['concurrent'] === true) return 'CONCURRENTLY'
  if (kind === 'ReindexStmt' && list(node, 'params').some((item) => child(item, 'DefElem')['defname'] === 'concurrently'))
    return 'CONCURRENTLY'
  if (kind === 'AlterTableStmt') {
    const detaches = list(node, 'cmds').some(
      (item) => child(child(child(item, 'AlterTableCmd'), 'def'), 'PartitionCmd')['concurrent'] === true,
    )
    return detaches ? 'DETACH PARTITION CONCURRENTLY' : undefined
  }
  return outside[kind]
}

const outside: Readonly<Record<string, string>> = {
  VacuumStmt: 'VACUUM',
  AlterSystemStmt: 'ALTER SYSTEM',
  CreatedbStmt: 'CREATE DATABASE',
  DropdbStmt: 'DROP DATABASE',
  AlterDatabaseStmt: 'ALTER DATABASE',
  CreateTableSpaceStmt: 'CREATE TABLESPACE',
  DropTableSpaceStmt: 'DROP TABLESPACE',
  CreateSubscriptionStmt: 'CREATE SUBSCRIPTION',
  DropSubscriptionStmt: 'DROP SUBSCRIPTION',
  CheckPointStmt: 'CHECKPOINT',
}

/** Statements inside WITH can write as well. */
function withQueries(node: SyntaxNode): readonly StatementEffect[] {
  return list(child(node, 'withClause'), 'ctes').flatMap((item) =>
    Object.entries(child(child(item, 'CommonTableExpr'), 'ctequery')).flatMap(([kind, inner]) => effectsOf(kind, inner as SyntaxNode)),
  )
}

/** Functions of PostgreSQL that a migration calls to set a sequence or a setting: they touch no row. */
const harmless = new Set(['setval', 'set_config', 'now', 'count', 'max', 'min', 'coalesce', 'pg_get_serial_sequence', 'current_setting'])

function callsNothing(node: unknown): boolean {
  if (Array.isArray(node)) return node.every(callsNothing)
  if (typeof node !== 'object' || node === null) return true
  return Object.entries(node).every(([key, inner]) => {
    if (key === 'FuncCall' && !harmless.has(lastName((inner as SyntaxNode)['funcname']))) return false
    if (key === 'DeleteStmt' || key === 'UpdateStmt' || key === 'InsertStmt' || key === 'MergeStmt' || key === 'intoClause') return false
    return callsNothing(inner)
  })
}

function unclear(why: string): StatementEffect {
  return { what: 'unclear', why }
}

function child(node: SyntaxNode, key: string): SyntaxNode {
  return (node[key] ?? {}) as SyntaxNode
}

function list(node: SyntaxNode, key: string): readonly SyntaxNode[] {
  return (node[key] ?? []) as readonly SyntaxNode[]
}

function text(node: SyntaxNode, key: string): string {
  const value = node[key]
  return typeof value === 'string' ? value : ''
}

function rangeName(range: unknown): ObjectName {
  const { schemaname, relname } = range as { schemaname?: string; relname: string }
  return schemaname === undefined ? { name: relname } : { schema: schemaname, name: relname }
}

function listName(node: SyntaxNode): ObjectName {
  const names = list(node, 'items').map((item) => text(child(item, 'String'), 'sval'))
  const schema = names.at(-2)
  return schema === undefined ? { name: names.at(-1) ?? '' } : { schema, name: names.at(-1) ?? '' }
}

function lastName(names: unknown): string {
  return text(child(((names ?? []) as readonly SyntaxNode[]).at(-1) ?? {}, 'String'), 'sval')
}
