import * as z from 'zod'
import { RollbackError } from '../contract/errors.ts'

interface AnyDefinition {
  readonly kind: string
  readonly options: z.core.$ZodType
  readonly receipt: z.core.$ZodType
  readonly traits: { readonly risk: string | readonly string[] }
  readonly client?: unknown
  readonly contacts?: unknown
  readonly late?: readonly PropertyKey[]
  readonly compensate?: unknown
}

/** Refuses a definition that contradicts itself: for plain JavaScript and casts, where the types do not. */
export function checkDefinition(definition: AnyDefinition): void {
  const problem = problemOf(definition)
  if (problem !== undefined) {
    throw new RollbackError('PLAN_INVALID', `${definition.kind}: ${problem}`, {
      hint: 'This is a defect of the step: its author has to correct the definition.',
    })
  }
}

function problemOf({ kind, options, receipt, traits, client, contacts, late = [], compensate }: AnyDefinition): string | undefined {
  if (!/^[a-z0-9-]+\.[a-z0-9-]+$/.test(kind)) return "the kind must be '<package>.<verb-noun>' in lower case"
  const risks = typeof traits.risk === 'string' ? [traits.risk] : traits.risk
  const undoable = !risks.includes('point-of-no-return') && risks.some((risk) => risk !== 'none')
  if (undoable && typeof compensate !== 'function') return `a step with risk ${risks.join(', ')} needs compensate`
  if (!undoable && compensate !== undefined) return `a step with risk ${risks.join(', ')} cannot have compensate`
  if (client !== undefined && contacts === undefined) return 'a client needs its table of contacts'
  if (!(receipt instanceof z.ZodObject)) return 'the receipt schema must be an object: each of its fields is an output'
  if (late.length > 0 && !(options instanceof z.ZodObject)) return 'late options need an object schema'
  const missing = late.find((key) => options instanceof z.ZodObject && !(key in options.shape))
  return missing === undefined ? undefined : `the late option "${String(missing)}" is not in the options schema`
}
