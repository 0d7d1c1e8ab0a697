import { type CheckFactory, defineCheck, defineQuery, type JsonObject, type Kind, type QueryFactory, type Returned } from '@backstep/core'
import type * as z from 'zod'

interface QueryStub<In, O, Result extends JsonObject> {
  readonly kind: Kind
  readonly options: z.core.$ZodType<O, In>
  readonly result: z.core.$ZodType<Result>
  readonly target: (options: In) => string
  readonly answers: NoInfer<Result>
}

/** A query that always answers the same. Its target must come from options that are never outputs. */
export function stubQuery<In, O, Result extends JsonObject>(stub: QueryStub<In, O, Result>): QueryFactory<In, Result> {
  const { kind, options, result, answers } = stub
  return defineQuery({
    kind,
    options,
    result,
    target: (given) => ({ system: kind.slice(0, kind.indexOf('.')), name: stub.target(given as In) }),
    read: async () => answers as Returned<Result>,
  })
}

interface CheckStub<In, O, Late extends keyof In> {
  readonly kind: Kind
  readonly options: z.core.$ZodType<O, In>
  readonly late?: readonly Late[]
  readonly target: (options: Omit<O, Late>) => string
}

/** Kinds of checks that see something wrong; all others are healthy. */
export const unhealthyKinds = new Set<string>()

/** A check that is healthy unless `unhealthyKinds` names it. */
export function stubCheck<In, O, const Late extends keyof In = never>(stub: CheckStub<In, O, Late>): CheckFactory<In, undefined, Late> {
  const { kind, options, late = [] } = stub
  return defineCheck<In, O, undefined, Late>({
    kind,
    options,
    late,
    target: (known) => ({ system: 'checks', name: stub.target(known) }),
    sample: async () =>
      unhealthyKinds.has(kind)
        ? { status: 'unhealthy', evidence: [], expected: 'well', actual: 'not well' }
        : { status: 'healthy', evidence: [] },
  })
}
