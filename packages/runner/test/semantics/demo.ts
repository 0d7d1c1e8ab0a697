import {
  plan,
  type Approval,
  type JsonObject,
  type OnFailure,
  type OperatorAnswer,
  type Plan,
  type PlanNode,
  type PreparedPreview,
  type Risk,
  type RunRecord,
  type RunView,
} from '@backstep/core'
import {
  approve,
  createRunner,
  defaultLimits,
  memoryLeases,
  memoryRequests,
  memoryStore,
  type AppendFate,
  type ResumeRunOptions,
  type RunHandle,
  type Runner,
  type RunnerPorts,
  type RunOptions,
  type RunRequest,
} from '../../src/index.ts'
import { memoryPorts } from '../memory-ports.ts'
import { demoWorld, type DemoWorld } from './demo-world.ts'
import { jumpingTime, type JumpingTime } from './jumping-time.ts'

export const ana = { id: 'ana', roles: ['dba', 'on-call'] } as const
export const bob = { id: 'bob', roles: ['on-call'] } as const

/** Where a process dies: at the record that the test picks. */
export type Fate = (record: RunRecord, index: number) => AppendFate

/** A world, a store and leases that outlive processes, and a time that jumps. */
export interface Demo extends DemoWorld {
  readonly time: JumpingTime
  readonly ports: RunnerPorts
  /** A runner in a process of its own; the same one until the process is killed. */
  readonly runner: () => Runner
  /** The process is gone at once: what it was about to do is never done. */
  readonly kill: () => void
  /** From here on the next process dies where this says; `undefined`: nowhere. */
  readonly diesAt: (fate: Fate | undefined) => void
  readonly plan: (steps: PlanNode<Risk>, onFailure?: OnFailure) => Plan<Risk>
  readonly preview: (made: Plan<Risk>) => Promise<PreparedPreview>
  /** Previews and runs; what the preview did is not in the log. */
  readonly run: (made: Plan<Risk>, options?: Partial<RunOptions> & { readonly between?: () => void }) => Promise<RunView>
  readonly start: (made: Plan<Risk>, options?: Partial<RunOptions>) => Promise<RunHandle>
  readonly resume: (made: Plan<Risk>, options?: Partial<ResumeRunOptions>) => Promise<RunView>
  readonly answer: (answer: OperatorAnswer, id?: string, receipt?: JsonObject) => Promise<RunView>
  readonly records: () => Promise<readonly RunRecord[]>
  readonly agrees: (preview: PreparedPreview, accepts?: readonly string[]) => Approval
}

export const runId = 'demo-run'

export function makeDemo(change: Partial<RunnerPorts> = {}): Demo {
  const world = demoWorld()
  const time = jumpingTime()
  const clock = { now: time.now, sleep: time.pass }
  let fate: Fate | undefined
  const store = memoryStore({ clock, onAppend: (record, index) => fate?.(record, index) ?? 'keep' })
  const shared = { store, leases: memoryLeases({ clock }), requests: memoryRequests(), limits: defaultLimits, ...change }
  let process = time.process()
  let ports = memoryPorts({ ...shared, clock: process })
  const runner = (): Runner => createRunner(ports)
  const preview = async (made: Plan<Risk>): Promise<PreparedPreview> => {
    const shown = await runner().preview(made)
    world.log.length = 0
    return shown
  }
  return {
    ...world,
    time,
    get ports() {
      return ports
    },
    runner,
    kill() {
      process.kill()
      fate = undefined
      process = time.process()
      ports = memoryPorts({ ...shared, clock: process })
    },
    diesAt: (next) => void (fate = next),
    plan: (steps, onFailure = 'compensate') => plan({ name: 'demo', onFailure, steps }),
    preview,
    async run(made, { between, ...options } = {}) {
      const approved = options.approved ?? (await preview(made))
      between?.()
      return runner().run(made, { approved, runId, ...options })
    },
    async start(made, options = {}) {
      return runner().start(made, { approved: options.approved ?? (await preview(made)), runId, ...options })
    },
    resume: (made, options = {}) => runner().resume(made, { runId, ...options }),
    answer: (answer, id, receipt) =>
      runner().answer(runId, {
        answer,
        actor: ana,
        reason: 'a test',
        ...(id === undefined ? {} : { id }),
        ...(receipt === undefined ? {} : { receipt }),
      }),
    records: async () => (await runner().readRun(runId)).records,
    agrees: (shown, accepts) => approve(shown, { actor: ana, at: time.now(), ...(accepts === undefined ? {} : { accepts }) }),
  }
}

/** Answers a gate from inside the process, once it opens. */
export function answersGates(
  answer: string,
  actor: { readonly id: string; readonly roles: readonly string[] } = ana,
): Pick<RunOptions, 'onGate'> {
  return { onGate: async ({ id, hash }): Promise<RunRequest> => ({ ask: 'gate', id, hash, answer, actor }) }
}

/** Answers a blocked run from inside the process, once it blocks. */
export function answersBlocks(...answers: readonly (readonly [OperatorAnswer, string?, JsonObject?])[]): Pick<RunOptions, 'onBlocked'> {
  const left = [...answers]
  return {
    async onBlocked(): Promise<RunRequest | undefined> {
      const next = left.shift()
      if (next === undefined) return undefined
      const [answer, id = '', receipt] = next
      return { ask: 'operator', id, answer, actor: ana, reason: 'a test', ...(receipt === undefined ? {} : { receipt }) }
    },
  }
}

export const leafOf = (view: RunView, id: string): RunView['leaves'][number] | undefined => view.leaves.find((leaf) => leaf.id === id)
