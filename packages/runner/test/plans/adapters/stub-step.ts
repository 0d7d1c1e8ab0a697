import { canonical, defineStep, json, type JsonObject, type Kind, type Risk, type StepFactory, type StepTraits } from '@backstep/core'
import * as z from 'zod'

/** Where every stub writes: one text per object, instead of a backend. */
export const stubWorld = new Map<string, string>()

interface Stub<In, O, Receipt extends JsonObject, R extends Risk, Late extends keyof In> {
  readonly kind: Kind
  readonly options: z.core.$ZodType<O, In>
  readonly receipt: z.core.$ZodType<Receipt>
  readonly risk: R | readonly R[]
  readonly traits?: Partial<Omit<StepTraits, 'risk'>>
  readonly late?: readonly Late[]
  readonly target: (options: Omit<O, Late>) => string
  /** The receipt of every effect. */
  readonly gives: NoInfer<Receipt>
}

/** A step with real options, receipt and risk, which sets one text of `stubWorld` to what its options say. */
export function stubStep<In, O, Receipt extends JsonObject, const R extends Risk, const Late extends keyof In = never>(
  stub: Stub<In, O, Receipt, R, Late>,
): StepFactory<In, Receipt, R, undefined, Late> {
  const { kind, options, receipt, traits, late = [], gives } = stub
  const risks: readonly Risk[] = [stub.risk].flat()
  const keyOf = (known: Omit<O, Late>): string => `${kind} ${stub.target(known)}`
  const nowAt = (known: Omit<O, Late>): string => stubWorld.get(keyOf(known)) ?? 'as the failed release left it'
  const canUndo = risks.some((risk) => risk !== 'none') && !risks.includes('point-of-no-return')
  const definition = {
    kind,
    options,
    prepared: z.object({ before: z.string(), after: z.string(), gives: json() }),
    receipt,
    traits: { idempotency: 'natural', fencing: 'conditional-write', ...traits, risk: stub.risk },
    late,
    toRollbackError: (cause: unknown) => cause as Error,
    target: (known: Omit<O, Late>) => ({ system: kind.slice(0, kind.indexOf('.')), name: stub.target(known) }),
    async prepare({ options: all }: { readonly options: O & Omit<O, Late> }) {
      const resource = keyOf(all)
      const before = nowAt(all)
      const after = canonical(all)
      const isThere = before === after
      return {
        prepared: { before, after, gives },
        summary: `${kind} ${stub.target(all)}`,
        changes: isThere ? [] : [{ resource, action: 'update', before, after }],
        guards: [{ resource, property: 'text', equals: before }],
        leases: [resource],
        risk: isThere ? [] : risks,
      }
    },
    async probe({ options: known, prepared }: StubWork<O, Late>) {
      const now = nowAt(known)
      if (now === prepared.after) return { at: 'after', receipt: prepared.gives }
      return now === prepared.before ? { at: 'before' } : { at: 'elsewhere', detail: now }
    },
    async execute({ options: known, prepared }: StubWork<O, Late>) {
      stubWorld.set(keyOf(known), prepared.after)
      return prepared.gives
    },
    verify: async () => ({ status: 'healthy', evidence: [] }),
    ...(canUndo ? { compensate: undo } : {}),
  }
  async function undo({ options: known, prepared }: StubWork<O, Late>): Promise<unknown> {
    stubWorld.set(keyOf(known), prepared.before)
    return { evidence: [] }
  }
  // Whether a step has compensate follows from its risk, which is a type parameter here: no object literal can show it to the compiler.
  return (defineStep as (made: unknown) => unknown)(definition) as StepFactory<In, Receipt, R, undefined, Late>
}

interface StubWork<O, Late extends PropertyKey> {
  readonly options: Omit<O, Late>
  readonly prepared: { readonly before: string; readonly after: string; readonly gives: unknown }
}
