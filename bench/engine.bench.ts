import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fileRunner, type Runner } from '@backstep/runner'
import { reportFigure, reportInfo } from './figure.ts'
import { atStep, noOpPlan } from './no-op.ts'
import { listr2 } from './peers/listr2.ts'
import { median, microsecondsEach, timed } from './statistics.ts'
import { syncFloor, type SyncFloor } from './sync-floor.ts'
import { makeWorld } from './world.ts'

const count = 1000
/** An intent and an outcome: what a step has to make durable. */
const syncsPerStep = 2
/** So many steps, then the same number of bare syncs, so that both see the same disk and the same load. */
const chunk = 25
const world = makeWorld('engine')
const runner = fileRunner({ directory: join(world, 'state') })

/** One run, from the moment it is journalled to its result. */
async function runOf(shape: 'sequence' | 'together'): Promise<{ readonly runId: string; readonly ms: number }> {
  const plan = noOpPlan(shape, count)
  const { runId, result } = await started(runner, plan)
  const ms = await timed(async () => {
    const view = await result
    if (view.outcome !== 'succeeded') throw new Error(`the run ended as ${view.outcome}: ${view.failure?.message}`)
  })
  return { runId, ms }
}

async function started(by: Runner, plan: ReturnType<typeof noOpPlan>): ReturnType<Runner['start']> {
  return by.start(plan, { approved: await by.preview(plan) })
}

/** The floor is measured inside the run, after each chunk of its steps, and its time is taken off the run's. */
async function sequenceRound(floor: SyncFloor): Promise<{ readonly runMs: number; readonly floorMs: number }> {
  let floorMs = 0
  let steps = 0
  atStep.call = () => {
    if (++steps % chunk === 0) floorMs += floor.run(chunk * syncsPerStep)
  }
  const { ms } = await runOf('sequence')
  atStep.call = () => undefined
  return { runMs: ms - floorMs, floorMs }
}

async function benchSequence(): Promise<void> {
  const { runId } = await runOf('sequence')
  const journalBytes = statSync(join(world, 'state', 'runs', runId, 'journal.jsonl')).size
  const floor = syncFloor(join(world, 'floor'), Math.round(journalBytes / count / syncsPerStep))
  const rounds: Awaited<ReturnType<typeof sequenceRound>>[] = []
  for (let round = 0; round < 9; round++) rounds.push(await sequenceRound(floor))
  const microseconds = (of: 'runMs' | 'floorMs', each: number): number => microsecondsEach(median(rounds.map((one) => one[of])), each)
  reportInfo({ name: 'sequence-1000-us-per-step', value: microseconds('runMs', count), unit: 'us' })
  reportInfo({ name: 'bare-write-and-sync-us', value: microseconds('floorMs', count * syncsPerStep), unit: 'us' })
  reportFigure({
    name: 'sequence-1000-over-two-syncs',
    value: median(rounds.map(({ runMs, floorMs }) => runMs / floorMs)),
    unit: 'x',
    target: { atMost: 1.3 },
  })
}

async function benchFanOut(): Promise<void> {
  const first = await runOf('together')
  for (let round = 0; round < 20; round++) await runOf('together')
  const rounds: { readonly ours: number; readonly theirs: number }[] = []
  for (let round = 0; round < 25; round++) {
    const { ms } = await runOf('together')
    rounds.push({ ours: ms, theirs: await timed(() => listr2('together', count)) })
  }
  const each = (values: readonly number[]): number => microsecondsEach(median(values), count)
  reportInfo({ name: 'fan-out-1000-first-us-per-step', value: each([first.ms]), unit: 'us' })
  reportInfo({ name: 'fan-out-1000-over-listr2', value: median(rounds.map(({ ours, theirs }) => ours / theirs)), unit: 'x' })
  reportFigure({ name: 'fan-out-1000-us-per-step', value: each(rounds.map(({ ours }) => ours)), unit: 'us', target: { atMost: 20 } })
}

/** `pnpm bench engine sequence` and `pnpm bench engine fan-out` measure one of the two. */
const [only] = process.argv.slice(2)
if (only !== 'fan-out') await benchSequence()
if (only !== 'sequence') await benchFanOut()
