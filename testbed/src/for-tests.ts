import { afterAll, inject } from 'vitest'
import { joinCluster, type KubernetesCluster } from './cluster/cluster.ts'
import { sharedFolder } from './instance.ts'
import { missingSystem } from './missing-system.ts'
import { quietly } from './progress.ts'
import { thisProcess } from './processes.ts'
import { ensureRunning } from './running.ts'
import { TestbedError, type System } from './system.ts'
import { systemNamed } from './systems.ts'

/** What a test gets for the name of a system. */
export interface SystemsForTests {
  readonly kubernetes: KubernetesCluster
}

/** What the setup of a test run hands to every test file. */
export interface TestbedOfRun {
  /** The process that lives as long as the run: systems are stopped when it is gone. */
  readonly user: { readonly pid: number; readonly startedAt: string }
  /** Why a system cannot be had, by its name. */
  readonly problems: Readonly<Record<string, string>>
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly backstepTestbed: TestbedOfRun | undefined
  }
}

/**
 * A real system for the tests of this file. Call it at the top of the file, outside of any `describe`, with the name written out:
 *
 * ```ts
 * const cluster = await system('kubernetes')
 *
 * it('undoes a rollout', async () => {
 *   const { name, uid } = await cluster.namespace()
 *   …
 * })
 * ```
 *
 * It joins the instance that is up (`pnpm testbed up`), or the one that this run of tests shares and that is stopped when the run ends, however it
 * ends. All files and all runs on a machine share one instance; a test keeps apart from the others by a namespace of its own.
 *
 * When the system cannot be had (Go is missing, the network is, `BACKSTEP_TESTBED=off`), every test of the file is skipped with the reason, and no
 * hook of it runs but `afterAll` at the top of the file. With `CI` set the file fails instead. So use what is returned in hooks and tests only.
 *
 * @throws TestbedError with `CI` set, when the system cannot be had.
 */
export async function system<Name extends keyof SystemsForTests>(name: Name): Promise<SystemsForTests[Name]> {
  try {
    const { folder } = await runningFor(named(name))
    const joined = await joinCluster(folder)
    afterAll(() => joined.release())
    return joined.cluster
  } catch (error) {
    return missingSystem<SystemsForTests[Name]>(name, error)
  }
}

function named(name: string): System {
  const found = systemNamed(name)
  if (found === undefined) throw new TestbedError(`there is no system ${name}`, { hint: 'Name one that testbed/src/systems.ts lists.' })
  return found
}

/** Normally the setup of the run has started it already, and this finds it healthy. */
async function runningFor(wanted: System): Promise<{ readonly folder: string }> {
  const run = inject('backstepTestbed') as TestbedOfRun | undefined
  refuseKnownProblem(run, wanted.name)
  return ensureRunning(wanted, { user: run?.user ?? thisProcess(), folder: sharedFolder(wanted), progress: quietly })
}

/** What the setup could not do, no file tries again. */
export function refuseKnownProblem(run: TestbedOfRun | undefined, name: string): void {
  const problem = run?.problems[name]
  if (problem !== undefined) throw new TestbedError(problem, { hint: '' })
}
