import * as z from 'zod'
import type { JsonObject, Kind } from '../../src/contract/json.ts'
import type { Check, Notice, Plan, Query } from '../../src/contract/nodes.ts'
import { outputsOf, type Outputs } from '../../src/contract/output.ts'
import type { Risk, StepTraits } from '../../src/contract/risk.ts'
import type { RollbackStep, StepSettings } from '../../src/contract/step.ts'
import { notice } from '../../src/plan/nodes.ts'
import { seal } from '../../src/seal/seal.ts'
import type { SealedPlan } from '../../src/seal/sealed-plan.ts'

type Receipt = { readonly result: string }
type StubTraits = Partial<Omit<StepTraits<Risk>, 'risk'>> & { readonly canUndo?: boolean }

const never = (): never => {
  throw new Error('a sealed plan calls no step')
}

/** A step without a backend: enough to be composed and sealed. Its receipt has one field, `result`. */
export function step<R extends Risk>(
  kind: Kind,
  name: string,
  risk: R,
  options: object = {},
  traits: StubTraits = {},
  settings: StepSettings = {},
): RollbackStep<Receipt, R> {
  const { canUndo = risk === 'reversible' || risk === 'data-loss', ...given } = traits
  const made: RollbackStep<Receipt, R> = {
    contract: 'rollback-step/v1',
    node: 'step',
    kind,
    risk: [risk],
    target: { system: kind.slice(0, kind.indexOf('.')), name },
    traits: { idempotency: 'natural', fencing: 'conditional-write', ...given, risk },
    settings,
    options,
    contacts: undefined,
    output: outputsOf(() => made, z.object({ result: z.string() }), 'execute'),
    prepare: never,
    probe: never,
    execute: never,
    verify: never,
    parseReceipt: never,
    ...(canUndo ? { compensate: never } : {}),
  }
  return made
}

export function query<T extends JsonObject>(kind: Kind, name: string, answer: T): Query<T> {
  const made: Query<T> = {
    node: 'query',
    kind,
    risk: ['none'],
    target: { system: kind.slice(0, kind.indexOf('.')), name },
    options: {},
    output: outputsOf(
      () => made,
      z.object(Object.fromEntries(Object.keys(answer).map((key) => [key, z.any()]))),
      'prepare',
    ) as unknown as Outputs<T, 'prepare'>,
    read: () => Promise.resolve(answer),
  }
  return made
}

export function check(kind: Kind, name: string, options: Readonly<Record<string, unknown>> = {}): Check {
  return { kind, target: { system: 'checks', name }, options: { name, ...options }, sample: never }
}

export function tell(kind: Kind, options: object): Notice {
  return notice(kind, options)
}

/** Seals a plan of stub steps. */
export async function sealed(plan: Plan<Risk>): Promise<SealedPlan> {
  return (await seal(plan, { context: {} as never })).plan
}
