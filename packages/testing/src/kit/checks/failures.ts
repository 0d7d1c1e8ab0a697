import { RollbackError } from '@backstep/core'
import { errorOf } from '../call.ts'
import { demandNone, describeError, isSame } from '../failure.ts'
import { allFaults } from '../faults.ts'
import { interrupt, methodsOf, type InterruptedCall, type Interruption } from '../interrupted-calls.ts'
import { pointsOf } from '../points.ts'
import type { ConformanceCheck, Suite } from '../suite.ts'
import { falseResult } from '../truth.ts'

const cache = new WeakMap<Suite, Promise<readonly InterruptedCall[]>>()

/** Every method, disturbed once at each of its contacts in each way. Done once for all checks that look at it. */
export function disturbedCalls(suite: Suite): Promise<readonly InterruptedCall[]> {
  const known = cache.get(suite) ?? disturb(suite)
  cache.set(suite, known)
  return known
}

async function disturb(suite: Suite): Promise<readonly InterruptedCall[]> {
  const life = await suite.life()
  const calls: InterruptedCall[] = []
  for (const [method, { contacts }] of methodsOf(life)) {
    const names = await suite.inCase(async ({ bench }) => allFaults(bench, suite.settings.faults).map(({ name }) => name))
    const interruptions = names.flatMap((_, fault) =>
      pointsOf(contacts, suite.settings).flatMap(({ contact, name, mode }) => faultAt(suite, fault, { contact, name, mode })),
    )
    calls.push(...(await interrupt(suite, method, interruptions)))
  }
  return calls
}

function faultAt(suite: Suite, number: number, { contact, name, mode }: ReturnType<typeof pointsOf>[number]): readonly Interruption[] {
  const { faults } = suite.settings
  const own = faults[number - 2]
  const modes = own?.modes ?? (own === undefined ? undefined : ['write', 'process'])
  if (modes !== undefined && !modes.includes(mode)) return []
  return [
    {
      what: `${own?.name ?? (number === 0 ? 'a refused connection' : 'a lost answer')} at contact ${contact} (${name})`,
      options: ({ bench }) => {
        const fault = allFaults(bench, faults)[number]
        let count = 0
        return {
          observer: {
            before(call) {
              if (++count === contact && fault?.when === 'before') throw fault.error(call)
            },
            after(call) {
              if (count === contact && fault?.when === 'after') throw fault.error(call)
            },
          },
        }
      },
    },
  ]
}

const everyFailureHelps: ConformanceCheck = {
  promise: 'every failure is a RollbackError that says what to do',
  prove: async (suite) => {
    const isOwn = await suite.inCase(async ({ bench }) => bench.connectionLost !== undefined)
    const problems = (await disturbedCalls(suite)).flatMap(({ what, report }) => {
      const error = errorOf(report)
      return error === undefined ? [] : flawsOf(error, isOwn && !report.isEndless).map((flaw) => `${what}: ${flaw}`)
    })
    demandNone([...new Set(problems)], 'A failure does not help the person who reads it')
  },
}

function flawsOf(error: unknown, isKnown: boolean): readonly string[] {
  if (!(error instanceof RollbackError)) return [`it threw ${describeError(error)}, which is no RollbackError`]
  return [
    ...(error.message.trim() === '' ? ['its message is empty'] : []),
    ...(error.hint.trim() === '' ? ['its hint is empty: say what to do next'] : []),
    ...(isKnown && error.code === 'INTERNAL' ? [`${describeError(error)}: the step does not know the failures of its own client`] : []),
  ]
}

const effectIsTrue: ConformanceCheck = {
  promise: 'what a disturbed call says about its effect is true',
  prove: async (suite) => {
    const life = await suite.life()
    const problems = (await disturbedCalls(suite)).flatMap((call) => {
      const { what, report, before, after } = call
      const error = errorOf(report)
      const isLie = error instanceof RollbackError && error.effect === 'none' && !isSame(after, before)
      const untruth = falseResult(call, life)
      const isRead = report.method !== 'execute' && report.method !== 'compensate'
      return [
        ...(report.isEndless ? [`${what}: it did not end`] : []),
        ...(isLie ? [`${what}: it says ${describeError(error)}, and the world changed`] : []),
        ...(untruth === undefined ? [] : [`${what}: ${untruth}`]),
        ...(isRead && !isSame(after, before) ? [`${what}: a read changed the world`] : []),
      ]
    })
    demandNone(problems, 'A run would go on from something that is not so')
  },
}

export const failureChecks: readonly ConformanceCheck[] = [everyFailureHelps, effectIsTrue]
