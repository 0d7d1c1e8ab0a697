import { readFileSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { ensureInstalled } from './install.ts'
import { progressOn } from './progress.ts'
import { thisProcess } from './processes.ts'
import { ensureRunning, leave, stopAbandoned } from './running.ts'
import { type System, TestbedError } from './system.ts'
import { systemNamed } from './systems.ts'

/** Set to `off` it keeps every system away; their tests are skipped. */
const switchVariable = 'BACKSTEP_TESTBED'

/**
 * Before the first test of a run: installs and starts what the selected test files ask for by name, once for all of them, without a time limit.
 * What cannot be had is told to the files, each of which decides. The returned function stops what nobody else uses.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const progress = progressOn(process.stderr)
  const user = thisProcess()
  const problems: Record<string, string> = {}
  const started: string[] = []
  const wanted = systemsWanted(project.vitest.state.getPaths())
  if (wanted.size > 0) await stopAbandoned(progress)
  for (const [system, isShared] of wanted) {
    try {
      if (process.env[switchVariable] === 'off') throw new TestbedError(`${switchVariable} is off`, { hint: `Unset ${switchVariable}` })
      if (isShared) started.push((await ensureRunning(system, { user, progress })).folder)
      else await ensureInstalled(system, progress)
    } catch (error) {
      problems[system.name] = error instanceof TestbedError ? `${error.message}. ${error.hint}` : String(error)
      progress.stage(`${system.name} cannot be had: ${problems[system.name]}`)
    }
  }
  project.provide('backstepTestbed', { user, problems })
  return async () => {
    for (const folder of started) await leave(folder, user, progress)
  }
}

/** By the calls that stand in the test files: `system('…')` shares one, `ownCluster(` starts a cluster of its own. */
export function systemsWanted(paths: readonly string[]): ReadonlyMap<System, boolean> {
  const wanted = new Map<System, boolean>()
  for (const path of paths) {
    const text = readFileSync(path, 'utf8')
    for (const [, name = ''] of text.matchAll(/\bsystem\('([a-z0-9-]+)'\)/g)) {
      const system = systemNamed(name)
      if (system !== undefined) wanted.set(system, true)
    }
    const kubernetes = /\bownCluster\(/.test(text) ? systemNamed('kubernetes') : undefined
    if (kubernetes !== undefined && !wanted.has(kubernetes)) wanted.set(kubernetes, false)
  }
  return wanted
}
