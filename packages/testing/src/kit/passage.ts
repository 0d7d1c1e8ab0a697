import {
  durationMs,
  plan,
  sequence,
  type Json,
  type JsonObject,
  type Output,
  type Plan,
  type PreparedPreview,
  type Risk,
  type RollbackStep,
  type RunRecord,
  type RunView,
} from '@backstep/core'
import { approve, createRunner, memoryLeases, memoryStore, type DriveOptions, type RunEvent, type RunnerPorts } from '@backstep/runner'
import { memoryPorts } from '../memory/memory-runner.ts'
import { mortalPorts } from '../memory/mortal-ports.ts'
import { tappedStore } from '../memory/tapped-store.ts'
import { fakeClock, type FakeClock } from '../time/fake-clock.ts'
import type { Case } from './case.ts'
import { allowUndo, kitActor } from './person.ts'
import { failOnPurpose, isOfKit, provide } from './kit-steps.ts'
import { trap, type Disturbance, type SeenContact, type Trap } from './trap.ts'

/** `forward`: the step alone. `back`: a later step fails and the plan is undone. `late`: its late options are outputs of an earlier step. */
export type Route = 'forward' | 'back' | 'late'

/** One run of a plan around the step, through the real runner, over as many processes as it took. */
export interface Passage {
  /** The outcome of the run, or why it is blocked. */
  readonly outcome: string
  readonly view: RunView
  readonly initial: Json
  readonly world: Json
  readonly contacts: readonly SeenContact[]
  /** The disturbance really happened. */
  readonly wasDisturbed: boolean
  readonly preview: PreparedPreview
  readonly records: readonly RunRecord[]
  readonly events: readonly RunEvent[]
  /** Snapshots as the step gave them. */
  readonly blobs: readonly Uint8Array[]
  /** Values that were taken as outputs. */
  readonly lateValues: number
}

export interface PassageOptions {
  readonly disturbance?: Disturbance
  /** Called after the preview, right before the run: the place to disturb the wire. */
  readonly beforeRun?: (clock: FakeClock) => void
  /** Answers when the run is blocked. Default: allows an undo that loses data, and nothing else. */
  readonly onBlocked?: NonNullable<DriveOptions['onBlocked']>
}

const mostProcesses = 6

/** Previews, approves and runs; after a death, resumes in a new process until the run comes to rest. */
export async function pass(one: Case, route: Route, options: PassageOptions = {}): Promise<Passage> {
  const clock = fakeClock({ speed: one.settings.speed })
  const blobs: Uint8Array[] = []
  const events: RunEvent[] = []
  const ports = memoryPorts({
    clock,
    secrets: one.bench.secrets ?? {},
    ports: { store: tappedStore(memoryStore({ clock }), blobs), leases: memoryLeases({ clock }) },
  })
  const initial = await one.world()
  const trapped = trap(options.disturbance)
  try {
    const first = planFor(one, route)
    const preview = await createRunner(ports).preview(first.plan)
    options.beforeRun?.(clock)
    const onBlocked = options.onBlocked ?? allowUndo
    const view = await runThrough(one, route, { ports, clock, preview, events, trapped, onBlocked })
    const { records } = await ports.store.read(view.runId)
    const outcome = view.outcome ?? `${view.state} (${view.blocked?.reason ?? 'gate'})`
    const world = await one.world()
    return {
      outcome,
      view,
      initial,
      world,
      contacts: trapped.contacts,
      wasDisturbed: trapped.wasSprung(),
      preview,
      records,
      events,
      blobs,
      lateValues: first.lateValues(),
    }
  } finally {
    clock.stop()
  }
}

interface Voyage {
  readonly ports: RunnerPorts
  readonly clock: FakeClock
  readonly preview: PreparedPreview
  readonly events: RunEvent[]
  readonly trapped: Trap
  readonly onBlocked: NonNullable<DriveOptions['onBlocked']>
}

async function runThrough(one: Case, route: Route, { ports, clock, preview, events, trapped, onBlocked }: Voyage): Promise<RunView> {
  const runId = 'conformance'
  for (let count = 1; ; count++) {
    const process = mortalPorts(ports)
    const runner = createRunner(process.ports)
    const { plan: built, timeoutMs } = planFor(one, route)
    const observe = trapped.observer({ ...process, onHang: () => void clock.advance(timeoutMs + ports.limits.graceMs + 1) })
    const observer = (id: string, what: string) => (isOfKit(id) ? { before: () => undefined, after: () => undefined } : observe(id, what))
    const follow = { observer, onEvent: (event: RunEvent) => void events.push(event), onBlocked }
    try {
      if (count > 1) return await runner.resume(built, { runId, ...follow })
      const yes = approve(preview, { actor: kitActor, at: clock.now(), accepts: preview.steps.map(({ id }) => id) })
      return await runner.run(built, { runId, approved: preview, approvals: [yes], ...follow })
    } catch (error) {
      if (!process.isDead() || count === mostProcesses) throw error
      await one.bench.cutConnections?.()
    }
  }
}

interface BuiltPlan {
  readonly plan: Plan<Risk>
  readonly timeoutMs: number
  readonly lateValues: () => number
}

function planFor(one: Case, route: Route): BuiltPlan {
  const values: Record<string, Json> = {}
  const step = route === 'late' ? stepWithOutputs(one, values) : { step: one.step(), before: [] }
  const nodes = [...step.before, step.step, ...(route === 'back' ? [failOnPurpose({})] : [])]
  return {
    plan: plan({ name: 'conformance', onFailure: route === 'back' ? 'compensate' : 'halt', steps: sequence<Risk>(...nodes) }),
    timeoutMs: durationMs(step.step.settings.timeout ?? '5m'),
    lateValues: () => Object.keys(values).length,
  }
}

/** Makes the step once to learn which values are late, then again with an output for each of them. */
function stepWithOutputs(
  one: Case,
  values: Record<string, Json>,
): { readonly step: RollbackStep; readonly before: readonly RollbackStep[] } {
  one.step((value) => {
    values[`value${Object.keys(values).length}`] = value
    return value
  })
  const provider = provide(values)
  let next = 0
  const step = one.step(
    <T extends Json>() => (provider.output as Readonly<Record<string, Output<JsonObject>>>)[`value${next++}`] as unknown as Output<T>,
  )
  return { step, before: [provider] }
}
