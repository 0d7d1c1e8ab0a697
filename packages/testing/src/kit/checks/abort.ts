import { RollbackError, type ContactObserver } from '@backstep/core'
import type { RecordingContext } from '../../context/recording-context.ts'
import { errorOf, type CallOptions } from '../call.ts'
import { demandNone, describeError, isSame } from '../failure.ts'
import { interrupt, methodsOf, type InterruptedCall, type Interruption } from '../interrupted-calls.ts'
import { pointsOf } from '../points.ts'
import type { ConformanceCheck, Life, Suite } from '../suite.ts'
import { falseResult } from '../truth.ts'

const mostRefusals = 25

/** Aborts before the first contact, or after the answer of one. */
function abortAfter(contact: number, what: string): Interruption {
  return {
    what,
    options: (): CallOptions => {
      let context: RecordingContext | undefined
      let count = 0
      const abort = (): void => context?.abort()
      const observer: ContactObserver = {
        before: () => void count++,
        after: () => (count === contact ? abort() : undefined),
        failed: () => (count === contact ? abort() : undefined),
      }
      const onContext = (given: RecordingContext): void => {
        context = given
        if (contact === 0) abort()
      }
      return { observer, onContext }
    },
  }
}

function problemsOf(suite: Suite, call: InterruptedCall, life: Life, isFirst: boolean): readonly string[] {
  const { report, before, after } = call
  const error = errorOf(report)
  const refusals = report.contacts.filter(({ state }) => state === 'refused').length
  const returned =
    'value' in report.result ? (report.result.value as { readonly at?: string; readonly status?: string } | undefined) : undefined
  const isAnswer =
    'value' in report.result && returned?.at !== 'unknown' && returned?.status !== 'unknown' && returned?.status !== 'progressing'
  const untruth = falseResult(call, life)
  const saysUnknown = error instanceof RollbackError && error.effect !== 'none'
  return [
    ...(report.isEndless ? [`it went on for longer than ${suite.settings.promptMs} ms`] : []),
    ...(refusals > mostRefusals ? [`it tried ${refusals} more contacts after the abort`] : []),
    ...(isFirst && isAnswer ? ['it returned an answer although it was aborted before its first contact'] : []),
    ...(!isFirst && untruth !== undefined ? [untruth] : []),
    ...(error !== undefined && !report.isEndless && !(error instanceof RollbackError)
      ? [`it threw ${describeError(error)}, which is no RollbackError`]
      : []),
    ...(saysUnknown && !report.hasWritten ? [`it says ${describeError(error)}, although nothing was written`] : []),
    ...(error instanceof RollbackError && error.effect === 'none' && !isSame(after, before)
      ? ['it says that it had no effect, and the world changed']
      : []),
  ]
}

async function proveStops(suite: Suite): Promise<void> {
  const life = await suite.life()
  const problems: string[] = []
  for (const [method, { contacts }] of methodsOf(life)) {
    const points = pointsOf(contacts, suite.settings).filter(({ contact }) => contact < contacts.length)
    const interruptions = [
      abortAfter(0, 'aborted before its first contact'),
      ...points.map(({ contact, name }) => abortAfter(contact, `aborted after contact ${contact} (${name})`)),
    ]
    const calls = await interrupt(suite, method, interruptions)
    for (const [index, call] of calls.entries()) {
      const found = problemsOf(suite, call, life, index === 0)
      problems.push(...found.map((problem) => `${call.what}: ${problem}`))
    }
  }
  demandNone(problems, 'A step that is told to stop has to stop, and to say what it knows')
}

export const abortChecks: readonly ConformanceCheck[] = [
  { promise: 'an abort before or during any method stops it promptly', prove: proveStops },
]
