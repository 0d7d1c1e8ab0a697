import { afterAll, inject } from 'vitest'
import { sharedFolder } from './instance.ts'
import { join, named, type SystemsForTests } from './join.ts'
import { missingSystem } from './missing-system.ts'
import { quietly } from './progress.ts'
import { thisProcess } from './processes.ts'
import { TestbedError } from './system.ts'

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
 * ends. All files and all runs on a machine share one instance; a test keeps apart from the others by a namespace or a database of its own.
 *
 * When the system cannot be had (Go is missing, the network is, `BACKSTEP_TESTBED=off`), every test of the file is skipped with the reason, and no
 * hook of it runs but `afterAll` at the top of the file. With `CI` set the file fails instead. So use what is returned in hooks and tests only.
 *
 * @throws TestbedError with `CI` set, when the system cannot be had.
 */
export async function system<Name extends keyof SystemsForTests>(name: Name): Promise<SystemsForTests[Name]> {
  try {
    const wanted = named(name)
    const run = inject('backstepTestbed') as TestbedOfRun | undefined
    refuseKnownProblem(run, wanted.name)
    // Normally the setup of the run has started it already, and this finds it healthy.
    const joined = await join(name, { user: run?.user ?? thisProcess(), folder: sharedFolder(wanted), progress: quietly })
    afterAll(() => joined.release())
    return joined.system
  } catch (error) {
    return missingSystem<SystemsForTests[Name]>(name, error)
  }
}

/** What the setup could not do, no file tries again. */
export function refuseKnownProblem(run: TestbedOfRun | undefined, name: string): void {
  const problem = run?.problems[name]
  if (problem !== undefined) throw new TestbedError(problem, { hint: '' })
}

/** The same for a helper that starts an instance of its own for one file. */
export function requireInRun(name: string): void {
  refuseKnownProblem(inject('backstepTestbed') as TestbedOfRun | undefined, name)
}
