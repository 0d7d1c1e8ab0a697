import { setTimeout as wait } from 'node:timers/promises'
import type { ContactObserver, Json, JsonObject, Position, Preparation, ProgressEvent, RollbackStep, Verdict, Work } from '@backstep/core'
import { recordingContext, type RecordingContext } from '../context/recording-context.ts'
import type { RecordedContact } from '../context/contact-log.ts'
import type { Case, Settings } from './case.ts'
import { demand, describeError, plain } from './failure.ts'

export type StepMethod = 'prepare' | 'probe' | 'execute' | 'verify' | 'compensate'
export const stepMethods: readonly StepMethod[] = ['prepare', 'probe', 'execute', 'verify', 'compensate']
export type StepWork = Work<JsonObject, Json, JsonObject>

export interface CallOptions {
  readonly attempt?: number
  readonly fence?: number
  readonly observer?: ContactObserver
  /** Sees the context before the call begins, for an abort. */
  readonly onContext?: (context: RecordingContext) => void
}

/** One method call and everything that it did. */
export interface CallReport {
  readonly method: StepMethod
  readonly result: { readonly value: unknown } | { readonly error: unknown }
  readonly contacts: readonly RecordedContact[]
  readonly reports: readonly ProgressEvent[]
  readonly revealed: ReadonlySet<string>
  /** Contacts that were still under way when it returned. */
  readonly forgotten: readonly string[]
  readonly hasWritten: boolean
  /** It was given up after the limit of time. */
  readonly isEndless: boolean
}

const markForProbes = { prepared: {}, snapshot: null, mark: '', receipt: undefined } as const

/** Calls one method as a run would, with what a journal gives back, and never waits for ever. */
export async function callMethod(
  one: Case,
  step: RollbackStep,
  method: StepMethod,
  given: StepWork,
  options: CallOptions = {},
): Promise<CallReport> {
  const work = plain(given)
  const context = contextFor(one, method, work.mark, options)
  options.onContext?.(context)
  const endless = Symbol('endless')
  const limit = limitOf(context, one.settings, endless)
  const called = begin(step, method, { ...work, receipt: work.receipt }, context).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  const ended = await Promise.race([called, limit.reached])
  limit.cancel()
  const isEndless = typeof ended === 'symbol'
  const result = isEndless ? { error: new Error(`${method} did not return in time`) } : ended
  const forgotten = 'value' in result ? context.openContacts() : []
  if (isEndless) context.abort()
  for (let looks = 0; looks < 100 && forgotten.length > 0 && context.openContacts().length > 0; looks++) await wait(20)
  one.notes.set(work.mark, context.notes)
  await context.cleanUp()
  return {
    method,
    result,
    contacts: [...context.contacts],
    reports: [...context.reports],
    revealed: context.revealed,
    forgotten,
    hasWritten: context.hasWritten(),
    isEndless,
  }
}

function contextFor({ bench, clock, kept, notes }: Case, method: StepMethod, mark: string, options: CallOptions): RecordingContext {
  const { attempt, fence, observer } = options
  return recordingContext({
    clock,
    kept,
    secrets: bench.secrets ?? {},
    mark,
    idempotencyKey: `${mark}/${method}`,
    notes: notes.get(mark) ?? [],
    ...(attempt === undefined ? {} : { attempt }),
    ...(fence === undefined ? {} : { fence }),
    ...(observer === undefined ? {} : { observer }),
  })
}

/** A call may take its time, and less of it once it was told to stop. */
function limitOf<T>(
  { step }: RecordingContext,
  { limitMs, promptMs }: Settings,
  answer: T,
): { readonly reached: Promise<T>; readonly cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<T>()
  const timers = [setTimeout(() => resolve(answer), limitMs)]
  const stop = (): void => void timers.push(setTimeout(() => resolve(answer), promptMs))
  if (step.abortSignal.aborted) stop()
  else step.abortSignal.addEventListener('abort', stop, { once: true })
  return { reached: promise, cancel: () => timers.forEach(clearTimeout) }
}

async function begin(
  step: RollbackStep,
  method: StepMethod,
  work: StepWork,
  { prepare, step: read, execute }: RecordingContext,
): Promise<unknown> {
  switch (method) {
    case 'prepare':
      return step.prepare(prepare)
    case 'probe':
      return step.probe(work, read)
    case 'execute':
      return step.execute(work, execute)
    case 'verify':
      return step.verify({ ...work, receipt: work.receipt ?? {} }, read)
    case 'compensate':
      return step.compensate?.(work, execute)
  }
}

export function valueOf(report: CallReport): unknown {
  if ('value' in report.result) return report.result.value
  const { error } = report.result
  demand(false, () =>
    report.isEndless
      ? `${(error as Error).message}: every method has to end by itself`
      : `${report.method} failed with ${describeError(error)}`,
  )
}

export function errorOf(report: CallReport): unknown {
  return 'error' in report.result ? report.result.error : undefined
}

let marks = 0
/** A mark as a run makes it: of 32 hexadecimal digits. */
export function newMark(): string {
  return (++marks).toString(16).padStart(8, '0').repeat(4)
}

export interface Prepared {
  readonly preparation: Preparation
  readonly work: StepWork
}

export async function prepare(one: Case, step: RollbackStep, options?: CallOptions): Promise<Prepared> {
  const mark = newMark()
  const preparation = valueOf(await callMethod(one, step, 'prepare', { ...markForProbes, mark }, options)) as Preparation
  const snapshot: Json = preparation.snapshot ?? null
  return { preparation, work: { ...plain({ prepared: preparation.prepared, snapshot, mark }), receipt: undefined } }
}

/** Looks until it is seen: `unknown` is asked again, as a run does. */
export async function probe(one: Case, step: RollbackStep, work: StepWork): Promise<Position> {
  return untilSettled(
    one,
    async () => valueOf(await callMethod(one, step, 'probe', work)) as Position,
    ({ at }) => at !== 'unknown',
  )
}

export async function execute(one: Case, step: RollbackStep, work: StepWork, options?: CallOptions): Promise<JsonObject> {
  return plain(valueOf(await callMethod(one, step, 'execute', work, options)) as JsonObject)
}

/** Looks until there is an answer: `progressing` and `unknown` are asked again, as a run does. */
export async function verify(one: Case, step: RollbackStep, work: StepWork): Promise<Verdict> {
  return untilSettled(
    one,
    async () => valueOf(await callMethod(one, step, 'verify', work)) as Verdict,
    ({ status }) => status === 'healthy' || status === 'unhealthy',
  )
}

export async function compensate(one: Case, step: RollbackStep, work: StepWork, options?: CallOptions): Promise<JsonObject> {
  return plain(valueOf(await callMethod(one, step, 'compensate', work, options)) as JsonObject)
}

async function untilSettled<T>({ settings }: Case, look: () => Promise<T>, isSettled: (seen: T) => boolean): Promise<T> {
  const end = performance.now() + settings.limitMs
  for (let pauseMs = 5; ; pauseMs = Math.min(500, pauseMs * 2)) {
    const seen = await look()
    if (isSettled(seen) || performance.now() + pauseMs > end) return seen
    await wait(pauseMs)
  }
}
