import { beforeAll } from 'vitest'
import { TestbedError } from './system.ts'

/** As much of vitest's tasks as is needed here. */
interface Task {
  readonly type: 'suite' | 'test'
  readonly tasks?: readonly Task[]
  result?: { state: 'skip'; note: string } | undefined
  readonly context?: { readonly skip: (note: string) => never }
}

/**
 * Skips every test of this file with the reason, or throws with `CI` set. Only a hook at the top of a file comes before all others of the file,
 * so this one gives every test its note and then ends as a skip itself: vitest runs nothing below it.
 *
 * @returns an object that says the reason when something of it is used while the file is still read.
 */
export function missingSystem<Missing extends object>(name: string, error: unknown): Missing {
  const reason = `no ${name}: ${reasonOf(error)}`
  if (isInCi())
    throw new TestbedError(reason, {
      hint: 'With CI set every system must be there. `pnpm testbed doctor` says what is missing.',
      cause: error,
    })
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the parameters: the first must be a pattern, and the file is the second
  beforeAll(({}, file: unknown) => {
    const tests = testsIn(file as Task)
    for (const test of tests) test.result = { state: 'skip', note: reason }
    tests[0]?.context?.skip(reason)
  })
  return new Proxy({} as Missing, {
    get(_target, key) {
      // A promise that resolves with this object asks whether it is one itself.
      if (key === 'then') return undefined
      throw new TestbedError(reason, { hint: 'Use the system in hooks and tests only: then they are skipped with this reason.' })
    },
  })
}

function isInCi(): boolean {
  return Boolean(process.env['CI'])
}

function reasonOf(error: unknown): string {
  if (error instanceof TestbedError) return [error.message, error.hint].filter((text) => text !== '').join('. ')
  return error instanceof Error ? error.message : String(error)
}

function testsIn(task: Task): readonly Task[] {
  return task.type === 'test' ? [task] : (task.tasks ?? []).flatMap(testsIn)
}
