import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { SerializedError, TestModule } from 'vitest/node'

/** Where the tally goes: an absolute path. Without it the reporter does nothing. */
export const tallyFileVariable = 'BACKSTEP_TALLY_FILE'

/** What a run of vitest did, file by file. vitest's own JSON leaves out why a test was skipped. */
export interface Tally {
  readonly files: readonly TallyFile[]
  /** Errors that belong to no test. */
  readonly errors: readonly string[]
}

export interface TallyFile {
  readonly project: string
  readonly path: string
  readonly failedToLoad: boolean
  readonly tests: readonly TallyTest[]
}

export interface TallyTest {
  readonly name: string
  readonly state: 'passed' | 'failed' | 'skipped'
  readonly reason?: string
}

export default class TallyReporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const path = process.env[tallyFileVariable]
    if (path === undefined) return
    const tally: Tally = { files: modules.map(tallyFile), errors: errors.map((error) => error.message) }
    writeFileSync(path, JSON.stringify(tally))
  }
}

function tallyFile(module: TestModule): TallyFile {
  return {
    project: module.project.name,
    path: relative(process.cwd(), module.moduleId),
    failedToLoad: module.state() === 'failed' && module.errors().length > 0,
    tests: [...module.children.allTests()].map((test): TallyTest => {
      const result = test.result()
      if (result.state === 'skipped') return { name: test.fullName, state: 'skipped', reason: result.note ?? 'no reason given' }
      return { name: test.fullName, state: result.state === 'passed' ? 'passed' : 'failed' }
    }),
  }
}
