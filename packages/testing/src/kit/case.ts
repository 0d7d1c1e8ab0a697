import type { Json, JsonObject, RollbackStep } from '@backstep/core'
import type { Kept } from '../context/recording-context.ts'
import { memoryBlobs } from '../context/memory-blobs.ts'
import { textSealer } from '../context/text-sealer.ts'
import { fakeClock, type FakeClock } from '../time/fake-clock.ts'
import type { Late, RollbackStepTest, StepBench } from './bench.ts'
import { plain } from './failure.ts'

/** What the kit was told, with its defaults. */
export interface Settings extends Required<Omit<RollbackStepTest, 'describe' | 'it' | 'timeoutMs'>> {}

/** One fresh world and what was done in it. */
export interface Case {
  readonly settings: Settings
  readonly bench: StepBench
  readonly clock: FakeClock
  readonly kept: Kept
  /** What the step noted, by mark: handed to its next call, as a run does. */
  readonly notes: Map<string, readonly JsonObject[]>
  /** The step as a new process makes it. */
  step(late?: Late): RollbackStep
  world(): Promise<Json>
  /** Moves with every write; the world itself where the bench cannot count. */
  writes(): Promise<Json>
}

const known: Late = (value) => value

/** Makes a fresh world, works in it, and clears it away. */
export async function inCase<T>(settings: Settings, work: (one: Case) => Promise<T>): Promise<T> {
  const bench = await settings.setUp()
  const clock = fakeClock({ speed: settings.speed })
  const world = async (): Promise<Json> => plain(await bench.world())
  const one: Case = {
    settings,
    bench,
    clock,
    kept: { blobs: memoryBlobs(), sealer: textSealer() },
    notes: new Map(),
    step: (late = known) => bench.make(late),
    world,
    writes: async () => (bench.writes === undefined ? world() : bench.writes()),
  }
  try {
    return await work(one)
  } finally {
    clock.stop()
    await bench.cutConnections?.()
    await bench.tearDown?.()
  }
}
