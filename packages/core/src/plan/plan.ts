import type * as z from 'zod'
import { RollbackError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { Plan, PlanDefinition } from '../contract/nodes.ts'
import type { Risk } from '../contract/risk.ts'
import { parse } from '../define/parse.ts'
import { checkName } from './combinators.ts'
import { makeGroup, type Group } from './group.ts'

/**
 * Names a composition and gives it a policy. A plan is a node: one team's plan is another team's step. Its type carries the union of the
 * risks of its steps.
 *
 * @throws RollbackError `OPTIONS_INVALID` for a name that cannot be used.
 */
export function plan<R extends Risk>(definition: PlanDefinition<R>): Plan<R> {
  checkName('plan', definition.name)
  const unknown = Object.keys(definition).find((key) => !known.has(key))
  if (unknown !== undefined)
    throw new RollbackError('OPTIONS_INVALID', `plan ${definition.name}: unknown field "${unknown}"`, {
      hint: `A plan has: ${[...known].join(', ')}.`,
    })
  const policy = definition.onFailure as string | undefined
  if (policy !== undefined && policy !== 'halt' && policy !== 'compensate') {
    throw new RollbackError('OPTIONS_INVALID', `plan ${definition.name}: onFailure "${policy}" is unknown`, {
      hint: "Use 'halt' or 'compensate'; to go on without a part, wrap it in optional().",
    })
  }
  const always = (definition.always ?? []).find((node) => node.risk.some((risk: Risk) => risk !== 'none'))
  if (always !== undefined)
    throw new RollbackError('PLAN_INVALID', `plan ${definition.name}: always holds a node that changes the world`, {
      hint: 'Use always for notices and reports only.',
    })
  return makeGroup('plan', [definition.steps], {
    name: definition.name,
    onFailure: definition.onFailure ?? 'halt',
    definition: definition as unknown as PlanDefinition<Risk>,
  }) as unknown as Plan<R>
}

const known: ReadonlySet<string> = new Set(['name', 'summary', 'severity', 'onFailure', 'timeBudget', 'links', 'steps', 'always'])

/**
 * A plan with a typed input, such as the release tag. `build` must be pure: no clock, no environment, no randomness. A resume builds the
 * plan again from the same input and compares hashes.
 */
export interface PlanTemplate<Input extends Json, out R extends Risk = Risk> {
  readonly name: string
  readonly input: z.core.$ZodType<Input>
  build(input: Input): Plan<R>
}

/** See `PlanTemplate`. `template.build(input)` checks the input first and throws `OPTIONS_INVALID`, naming the field. */
export function planTemplate<Input extends Json, R extends Risk>(template: PlanTemplate<Input, R>): PlanTemplate<Input, R> {
  checkName('planTemplate', template.name)
  return {
    name: template.name,
    input: template.input,
    build(input) {
      const checked = parse(`plan ${template.name} input`, template.input, input)
      const built = template.build(checked) as unknown as Group
      return Object.freeze({ ...built, template: { name: template.name, input: checked } }) as unknown as Plan<R>
    },
  }
}
