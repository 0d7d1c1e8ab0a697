import type * as z from 'zod'
import { RollbackError } from '../contract/errors.ts'
import { objectShape } from '../contract/object-shape.ts'

interface ReadDefinition {
  readonly kind: string
  readonly options: z.core.$ZodType
  readonly client?: unknown
  readonly contacts?: unknown
  readonly late?: readonly PropertyKey[]
}

interface AnyStepDefinition extends ReadDefinition {
  readonly receipt: z.core.$ZodType
  readonly traits: { readonly risk: string | readonly string[] }
  readonly compensate?: unknown
}

/** Refuses a definition that contradicts itself: for plain JavaScript and casts, where the types do not. */
export function checkStepDefinition(definition: AnyStepDefinition): void {
  refuse(definition.kind, 'step', problemOf(definition) ?? fieldProblem('receipt', definition.receipt) ?? compensationProblem(definition))
}

/** The same for a query, whose answers are outputs. */
export function checkQueryDefinition(definition: ReadDefinition & { readonly result: z.core.$ZodType }): void {
  refuse(definition.kind, 'query', problemOf(definition) ?? fieldProblem('result', definition.result))
}

/** The same for a check. */
export function checkCheckDefinition(definition: ReadDefinition): void {
  refuse(definition.kind, 'check', problemOf(definition))
}

function refuse(kind: string, what: string, problem: string | undefined): void {
  if (problem === undefined) return
  throw new RollbackError('PLAN_INVALID', `${kind}: ${problem}`, {
    hint: `This is a defect of the ${what}: its author has to correct the definition.`,
  })
}

function problemOf({ kind, options, client, contacts, late = [] }: ReadDefinition): string | undefined {
  if (!/^[a-z0-9-]+\.[a-z0-9-]+$/.test(kind)) return "the kind must be '<package>.<verb-noun>' in lower case"
  if (client !== undefined && contacts === undefined) return 'a client needs its table of contacts'
  const shape = objectShape(options)
  if (late.length > 0 && shape === undefined) return 'late options need an object schema'
  const missing = late.find((key) => shape !== undefined && !Object.hasOwn(shape.fields, key))
  return missing === undefined ? undefined : `the late option "${String(missing)}" is not in the options schema`
}

/** Outputs are named `<id>.<field>` wherever they are data. */
function fieldProblem(what: 'receipt' | 'result', schema: z.core.$ZodType): string | undefined {
  const shape = objectShape(schema)
  if (shape === undefined) return `the ${what} schema must be an object: each of its fields is an output`
  const dotted = Object.keys(shape.fields).find((key) => key.includes('.'))
  return dotted === undefined ? undefined : `the field "${dotted}" of the ${what} must have no dot in its name`
}

function compensationProblem({ traits, compensate }: AnyStepDefinition): string | undefined {
  const risks = typeof traits.risk === 'string' ? [traits.risk] : traits.risk
  const isUndoable = !risks.includes('point-of-no-return') && risks.some((risk) => risk !== 'none')
  if (isUndoable && typeof compensate !== 'function') return `a step with risk ${risks.join(', ')} needs compensate`
  return !isUndoable && compensate !== undefined ? `a step with risk ${risks.join(', ')} cannot have compensate` : undefined
}
