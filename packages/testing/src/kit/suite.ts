import type { Json, JsonObject, RollbackStep } from '@backstep/core'
import type { RollbackStepTest } from './bench.ts'
import { callMethod, prepare, type CallReport, type Prepared, type StepMethod, type StepWork, valueOf } from './call.ts'
import { inCase, type Case, type Settings } from './case.ts'
import { demand, plain } from './failure.ts'
import { pass, type Passage } from './passage.ts'

/** What the step itself promises. No test can change it. */
export interface Facts {
  readonly step: RollbackStep
  /** It changes nothing: risk `none`. */
  readonly isHarmless: boolean
  readonly canUndo: boolean
  readonly lateValues: number
  readonly hasProxy: boolean
  readonly secrets: Readonly<Record<string, string>>
}

/** One life of the step without any disturbance: what every other one is compared with. */
export interface Life {
  readonly initial: Json
  readonly target: Json
  readonly prepared: Prepared
  readonly receipt: JsonObject
  /** One call of each method, in the order in which a run makes them. */
  readonly reports: Readonly<Partial<Record<StepMethod, CallReport>>>
}

/** One step under test, and what is known of it by now. */
export interface Suite {
  readonly settings: Settings
  facts(): Promise<Facts>
  life(): Promise<Life>
  passage(route: 'forward' | 'back'): Promise<Passage>
  inCase<T>(work: (one: Case) => Promise<T>): Promise<T>
}

/** One promise. `notPromised` answers why this step does not give it, or why it cannot be looked at here. */
export interface ConformanceCheck {
  readonly promise: string
  readonly notPromised?: (facts: Facts) => string | undefined
  readonly prove: (suite: Suite) => Promise<void>
}

export function makeSuite(options: RollbackStepTest): Suite {
  const { name, setUp, every = 1, most = Infinity, speed = 20, limitMs = 30_000, promptMs = 2000, faults = [] } = options
  const settings: Settings = { name, setUp, every, most, speed, limitMs, promptMs, faults }
  const within = <T>(work: (one: Case) => Promise<T>): Promise<T> => inCase(settings, work)
  const passages = { forward: once(() => undisturbed(within, 'forward')), back: once(() => undisturbed(within, 'back')) }
  return {
    settings,
    inCase: within,
    facts: once(() => within(factsOf)),
    life: once(() => within(live)),
    passage: (route) => passages[route](),
  }
}

/** Asked once; a failure is told to everyone who asks. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined
  return () => (asked ??= ask())
}

async function factsOf({ bench }: Case): Promise<Facts> {
  let lateValues = 0
  const step = bench.make((value) => {
    lateValues++
    return value
  })
  return {
    step,
    isHarmless: step.risk.every((risk) => risk === 'none'),
    canUndo: step.compensate !== undefined,
    lateValues,
    hasProxy: bench.proxy !== undefined,
    secrets: bench.secrets ?? {},
  }
}

async function live(one: Case): Promise<Life> {
  const step = one.step()
  const initial = await one.world()
  const reports: Partial<Record<StepMethod, CallReport>> = {}
  const call = async (method: StepMethod, work: StepWork): Promise<unknown> => {
    const report = await callMethod(one, step, method, work)
    reports[method] = report
    return valueOf(report)
  }
  const prepared = await prepare(one, step)
  demand(
    prepared.preparation.changes.length > 0,
    () => 'The world that `setUp` makes leaves the step nothing to change: start where there is something to roll back',
  )
  await call('prepare', { ...prepared.work, mark: `${prepared.work.mark}0` })
  await call('probe', prepared.work)
  const receipt = plain((await call('execute', prepared.work)) as JsonObject)
  const work = { ...prepared.work, receipt }
  const target = await one.world()
  await call('verify', work)
  if (step.compensate !== undefined) await call('compensate', work)
  return { initial, target, prepared, receipt, reports }
}

async function undisturbed(within: Suite['inCase'], route: 'forward' | 'back'): Promise<Passage> {
  const passage = await within((one) => pass(one, route))
  const expected = route === 'forward' ? 'succeeded' : 'compensated'
  demand(passage.outcome === expected, () => {
    const { failure } = passage.view
    const why = failure === undefined ? '' : `: ${failure.code}: ${failure.message}`
    return `A run without any disturbance ended as ${passage.outcome}, not as ${expected}${why}`
  })
  demand(
    passage.contacts.length > 0,
    () => 'No contact was seen: give the step a client and its table of contacts, so that it can be crashed',
  )
  return passage
}
