import type * as z from 'zod'
import { RollbackError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { Plan, PlanDefinition } from '../contract/nodes.ts'
import type { Risk } from '../contract/risk.ts'
import { parse } from '../define/parse.ts'
import { durationOf } from '../policy/option-error.ts'
import { checkFields, checkName } from './check-name.ts'
import { checkNodes } from './check-node.ts'
import { checkPolicy } from './combinators.ts'
import { requireDecisionFits } from '../policy/decision.ts'
import { makeGroup, type Group } from './group.ts'

/**
 * Names a composition and gives it a policy. A plan is a node: one team's plan is another team's step. Its type carries the union of the
 * risks of its steps.
 *
 * @throws RollbackError `OPTIONS_INVALID` for a name that cannot be used, an unknown field or policy, a time budget that is no duration.
 * `PLAN_INVALID` for steps that are no node, and an `always` that changes the world.
 */
export function plan<R extends Risk>(definition: PlanDefinition<R>): Plan<R> {
  const where = `plan ${String(definition.name)}`
  checkName('plan', definition.name)
  checkFields(where, definition, fields)
  checkPolicy(where, definition.onFailure)
  for (const [phase, time] of Object.entries(definition.timeBudget ?? {})) durationOf(`${where}: timeBudget.${phase}`, time)
  const always: readonly { readonly risk: readonly Risk[] }[] = definition.always ?? []
  checkNodes(`${where} always`, always)
  if (always.some(({ risk }) => risk.some((one) => one !== 'none')))
    throw new RollbackError('PLAN_INVALID', `${where}: always holds a node that changes the world`, {
      hint: 'Use always for notices and reports only.',
    })
  if (definition.severity !== undefined) requireDecisionFits(definition.name, definition.severity.decision, definition.steps.risk)
  return makeGroup('plan', [definition.steps], {
    name: definition.name,
    onFailure: definition.onFailure ?? 'halt',
    definition: { ...definition } as unknown as PlanDefinition<Risk>,
  }) as unknown as Plan<R>
}

const fields = [
  'name',
  'summary',
  'severity',
  'onFailure',
  'timeBudget',
  'links',
  'steps',
  'always',
] as const satisfies readonly (keyof PlanDefinition<Risk>)[]

/**
 * A plan with a typed input, such as the release tag. A resume builds the plan again from the same input, which the sealed plan keeps as it
 * was written, and compares hashes.
 */
export interface PlanTemplate<In, out R extends Risk = Risk> {
  readonly name: string
  readonly input: z.core.$ZodType<Json, In>
  /**
   * The plan for one input. Fields with a default may be left out.
   *
   * @throws RollbackError `OPTIONS_INVALID`, naming the field.
   */
  build(input: In): Plan<R>
}

/** What `planTemplate` takes. */
export interface TemplateDefinition<In, Input extends Json, R extends Risk> {
  readonly name: string
  readonly input: z.core.$ZodType<Input, In>
  /** Gets the checked input, with its defaults. Must be pure: no clock, no environment, no randomness. */
  build(input: NoInfer<Input>): Plan<R>
}

/** See `PlanTemplate`. */
export function planTemplate<In, Input extends Json, R extends Risk>(template: TemplateDefinition<In, Input, R>): PlanTemplate<In, R> {
  const { name } = template
  checkName('planTemplate', name)
  return Object.freeze<PlanTemplate<In, R>>({
    name,
    input: template.input,
    build(input) {
      const built: unknown = template.build(parse(`plan ${name} input`, template.input, input))
      checkNodes(`planTemplate ${name}`, [built])
      if ((built as Group).group !== 'plan')
        throw new RollbackError('PLAN_INVALID', `planTemplate ${name}: build returned no plan`, { hint: 'Return plan({ name, steps }).' })
      return Object.freeze({ ...(built as Group), template: { name, input } }) as unknown as Plan<R>
    },
  })
}
