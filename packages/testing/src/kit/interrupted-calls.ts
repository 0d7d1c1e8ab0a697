import type { Json } from '@backstep/core'
import { callMethod, execute, prepare, stepMethods, type CallOptions, type CallReport, type Prepared, type StepMethod } from './call.ts'
import type { Case } from './case.ts'
import type { Life, Suite } from './suite.ts'

/** One method call that was disturbed, in a world that was fresh or only read since. */
export interface InterruptedCall {
  readonly what: string
  readonly report: CallReport
  readonly before: Json
  readonly after: Json
  /** What the step prepares in this very world when nothing disturbs it: names may be others in each world. */
  readonly prepared: Prepared
}

/** How to disturb one call of a method, and under which name it is reported. */
export interface Interruption {
  readonly what: string
  readonly options: (one: Case) => CallOptions
}

/** The methods that the step has, with the contacts that each makes undisturbed. */
export function methodsOf({ reports }: Life): readonly (readonly [StepMethod, CallReport])[] {
  return stepMethods.flatMap((method) => {
    const report = reports[method]
    return report === undefined ? [] : [[method, report] as const]
  })
}

/** Brings the world to where a run would call the method, and calls it there once for each interruption: every writing call in a fresh world. */
export async function interrupt(
  suite: Suite,
  method: StepMethod,
  interruptions: readonly Interruption[],
): Promise<readonly InterruptedCall[]> {
  const writes = method === 'execute' || method === 'compensate'
  const groups = writes ? interruptions.map((one) => [one]) : [interruptions]
  const calls: InterruptedCall[] = []
  for (const group of groups.filter(({ length }) => length > 0)) {
    await suite.inCase(async (one) => {
      const prepared = await preparedFor(one, method)
      for (const { what, options } of group) {
        const before = await one.world()
        const report = await callMethod(one, one.step(), method, prepared.work, options(one))
        if (writes) await one.bench.cutConnections?.()
        calls.push({ what: `${method}, ${what}`, report, before, after: await one.world(), prepared })
      }
    })
  }
  return calls
}

async function preparedFor(one: Case, method: StepMethod): Promise<Prepared> {
  const prepared = await prepare(one, one.step())
  if (method === 'prepare' || method === 'probe' || method === 'execute') return prepared
  return { ...prepared, work: { ...prepared.work, receipt: await execute(one, one.step(), prepared.work) } }
}
