import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createRunner,
  filePorts,
  memoryLeases,
  memoryRequests,
  memoryStore,
  type Runner,
  type RunnerClock,
  type RunnerPorts,
} from '@backstep/runner'
import { textSealer } from '../context/text-sealer.ts'
import { fakeClock } from '../time/fake-clock.ts'

export interface MemoryRunnerOptions {
  /** Secrets by name. Default: none. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Default: a fake clock that runs fifty times as fast as real time. */
  readonly clock?: RunnerClock
  /** Single ports to replace: `deliver` to see messages, `store` to share one between two runners. */
  readonly ports?: Partial<RunnerPorts>
}

/** All ports of a runner in memory. Nothing outlives the program but work folders, which go when their run ends. */
export function memoryPorts({ secrets = {}, clock = fakeClock({ speed: 50 }), ports = {} }: MemoryRunnerOptions = {}): RunnerPorts {
  const sealer = textSealer()
  // Who, where and how long are those of a runner on this machine; nothing of its directory is ever made.
  const { tracer, owner, randomId, limits } = filePorts({ directory: join(tmpdir(), 'backstep-testing'), clock })
  return {
    store: memoryStore({ clock }),
    leases: memoryLeases({ clock }),
    requests: memoryRequests(),
    clock,
    secrets: async (name) => secrets[name],
    sealText: (plaintext) => sealer.seal(plaintext),
    unsealText: (ciphertext) => sealer.unseal(ciphertext),
    randomId,
    owner,
    actor: { id: 'test' },
    tracer,
    scratchDirectory: () => mkdtemp(join(tmpdir(), 'backstep-testing-')),
    limits,
    ...ports,
  }
}

/**
 * A runner that keeps everything in memory, for tests of plans: the same engine, journal format and locks as `fileRunner`.
 *
 * ```ts
 * const runner = memoryRunner()
 * const view = await runner.run(plan, { approved: await runner.preview(plan) })
 * assert.equal(view.outcome, 'succeeded')
 * ```
 */
export function memoryRunner(options: MemoryRunnerOptions = {}): Runner {
  return createRunner(memoryPorts(options))
}
