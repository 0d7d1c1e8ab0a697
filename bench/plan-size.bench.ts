import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { lint, seal, type RunView, type SealedPlan } from '@backstep/core'
import { fileRunner, fileStore } from '@backstep/runner'
import { reportFigure, reportInfo } from './figure.ts'
import { planOf, shapes, type PlanShape } from './plan-size/shapes.ts'
import { busyFor, median } from './statistics.ts'
import { makeWorld } from './world.ts'

const small = 1000
const large = 10_000
const times = large / small
const linear = 11
const world = makeWorld('plan-size')
const read = { context: {} as never }

type Phase = 'build' | 'seal' | 'lint' | 'run' | 'resume'
type Measure = (shape: PlanShape, count: number) => Promise<number>

async function sealedOf(shape: PlanShape, count: number): Promise<SealedPlan> {
  return (await seal(planOf(shape, count), read)).plan
}

const sealedPlans = new Map<string, SealedPlan>()
const runner = fileRunner({ directory: join(world, 'runs') })

const phases: Readonly<Record<Exclude<Phase, 'resume'>, Measure>> = {
  build: (shape, count) => busyFor(() => planOf(shape, count)),
  seal: async (shape, count) => {
    const plan = planOf(shape, count)
    return busyFor(() => seal(plan, read))
  },
  lint: async (shape, count) => {
    const key = `${shape} ${count}`
    const sealed = sealedPlans.get(key) ?? (await sealedOf(shape, count))
    sealedPlans.set(key, sealed)
    return busyFor(() => lint(sealed))
  },
  run: async (shape, count) => {
    const plan = planOf(shape, count)
    const { result } = await runner.start(plan, { approved: await runner.preview(plan) })
    return busyFor(async () => assertSucceeded(await result))
  },
}

function assertSucceeded({ outcome, failure }: RunView): void {
  if (outcome !== 'succeeded') throw new Error(`the run ended as ${outcome}: ${failure?.message}`)
}

/** So many small plans take as long as one large one, when it is linear. Both are measured in each round, the small ones around the large. */
async function growth(shape: PlanShape, measure: Measure, rounds: number): Promise<number> {
  await measure(shape, small)
  await measure(shape, large)
  const ratios: number[] = []
  for (let round = 0; round < rounds; round++) {
    let smallMs = 0
    for (let index = 0; index < times / 2; index++) smallMs += await measure(shape, small)
    const largeMs = await measure(shape, large)
    for (let index = 0; index < times / 2; index++) smallMs += await measure(shape, small)
    ratios.push((largeMs / smallMs) * times)
  }
  return median(ratios)
}

/** Runs that were killed at their last step, one for each size, to be copied for each resume. */
function crashedRuns(shape: PlanShape, count: number): string {
  const directory = join(world, `crashed-${shape}-${count}`)
  const { signal, stderr } = spawnSync(process.execPath, [
    join(import.meta.dirname, 'plan-size', 'crash.ts'),
    directory,
    shape,
    String(count),
  ])
  if (signal !== 'SIGKILL') throw new Error(`the run was not killed at its last step: ${stderr.toString()}`)
  return directory
}

interface Resumed {
  readonly readMs: number
  /** Until it goes on. */
  readonly readyMs: number
  readonly wholeMs: number
}

async function resumed(crashed: string, shape: PlanShape, count: number): Promise<Resumed> {
  const directory = join(world, 'resumed')
  cpSync(crashed, directory, { recursive: true })
  const plan = planOf(shape, count)
  const readMs = await busyFor(() => fileStore({ directory }).read('crashed'))
  let result: Promise<RunView> | undefined
  const readyMs = await busyFor(async () => ({ result } = await fileRunner({ directory }).startResume(plan, { runId: 'crashed' })))
  const restMs = await busyFor(async () => assertSucceeded((await result) as RunView))
  rmSync(directory, { recursive: true })
  return { readMs, readyMs, wholeMs: readyMs + restMs }
}

async function benchResume(): Promise<number> {
  const growths: number[] = []
  for (const shape of ['sequence', 'mixed'] as const) {
    const directories = new Map([small, large].map((count) => [count, crashedRuns(shape, count)]))
    const overReading: number[] = []
    growths.push(
      await growth(
        shape,
        async (_, count) => {
          const { readMs, readyMs, wholeMs } = await resumed(directories.get(count) ?? '', shape, count)
          if (count === large) overReading.push(readyMs / readMs)
          return wholeMs
        },
        3,
      ),
    )
    const value = median(overReading)
    if (shape === 'mixed') reportInfo({ name: 'resume-of-mixed-over-reading-the-journal', value, unit: 'x' })
    else reportFigure({ name: 'resume-over-reading-the-journal', value, unit: 'x', target: { atMost: 1.5 } })
  }
  return Math.max(...growths)
}

/** The shape that grows fastest decides. */
function report(phase: Phase, worst: number): void {
  reportFigure({ name: `plan-10000-over-1000-${phase}`, value: worst, unit: 'x', target: { atMost: linear } })
}

for (const [phase, measure] of Object.entries(phases) as [Exclude<Phase, 'resume'>, Measure][]) {
  const growths: number[] = []
  for (const shape of shapes) {
    const value = await growth(shape, measure, phase === 'run' ? 3 : 7)
    reportInfo({ name: `${phase}-of-${shape}-10000-over-1000`, value, unit: 'x' })
    growths.push(value)
  }
  report(phase, Math.max(...growths))
}
report('resume', await benchResume())
