import { readFileSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { ensureInstalled } from './install.ts'
import { progressOn } from './progress.ts'
import { thisProcess } from './processes.ts'
import { ensureRunning, leave, stopAbandoned } from './running.ts'
import { type System, TestbedError } from './system.ts'
import { isStarted, systemNamed } from './systems.ts'

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
      if (isShared && isStarted(system)) started.push((await ensureRunning(system, { user, progress })).folder)
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

/** Helpers that start an instance for one file alone, and the systems that they need installed. */
const ownInstances: readonly { readonly call: RegExp; readonly systems: readonly string[] }[] = [
  { call: /\bownCluster\(/, systems: ['kubernetes'] },
  { call: /\bownPostgres\(/, systems: ['postgres-programs'] },
  { call: /\bownRedis\(/, systems: ['redis'] },
]

/** By the calls that stand in the test files: `system('…')` shares one, `ownCluster(` and its like start one of their own. */
export function systemsWanted(paths: readonly string[]): ReadonlyMap<System, boolean> {
  const wanted = new Map<System, boolean>()
  for (const path of paths) {
    const text = readFileSync(path, 'utf8')
    for (const [, name = ''] of text.matchAll(/\bsystem\('([a-z0-9-]+)'\)/g)) {
      const system = systemNamed(name)
      if (system !== undefined) wanted.set(system, true)
    }
    for (const name of ownInstances.flatMap(({ call, systems }) => (call.test(text) ? systems : []))) {
      const system = systemNamed(name)
      if (system !== undefined && !wanted.has(system)) wanted.set(system, false)
    }
  }
  return wanted
}
