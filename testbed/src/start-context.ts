import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { installedFolder } from './cache.ts'
import { freePort } from './free-port.ts'
import { processesFolder, readInstance, systemProcesses, writeState } from './instance.ts'
import { isAlive, startRecorded } from './processes.ts'
import { type Progress, type Settings, type StartContext, TestbedError } from './system.ts'

const defaultTimeoutMs = 60_000
const pollMs = 50
const logLines = 12

/** What the parts of a system are given while they start into `folder`. */
export function startContext(folder: string, progress: Progress): StartContext {
  const settings = (): Settings => readInstance(folder)?.state.settings ?? {}
  return {
    folder,
    progress,
    get settings() {
      return settings()
    },
    keep(more) {
      const instance = readInstance(folder)
      if (instance === undefined) throw new TestbedError(`${folder} was removed by somebody else`, { hint: 'Start it again.' })
      writeState(folder, { ...instance.state, settings: { ...instance.state.settings, ...more } })
    },
    installed: installedFolder,
    freePort,
    async run(name, command, args, { env } = {}) {
      await runProcess(folder, name, command, args, env)
    },
    async until(what, isSo, timeoutMs = defaultTimeoutMs) {
      const deadline = performance.now() + timeoutMs
      progress.detail(`waiting: ${what}`)
      while (!(await isSo().catch(() => false))) {
        const ended = systemProcesses(folder).find((record) => !isAlive(record))
        if (ended !== undefined) throw new Error(`${plainName(ended.name)} has ended:\n${endOfLog(folder, plainName(ended.name))}`)
        if (performance.now() > deadline) throw new Error(`not within ${timeoutMs / 1000} s: ${what}\n${endOfLogs(folder)}`)
        await sleep(pollMs)
      }
    },
  }
}

/** Starts a process of the instance, or starts it again. Its number in the order of starts stays the same. */
export async function runProcess(
  folder: string,
  name: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const records = systemProcesses(folder)
  const record = records.find((other) => plainName(other.name) === name)?.name ?? `${String(records.length + 1).padStart(2, '0')}-${name}`
  const logFile = join(folder, 'logs', `${name}.log`)
  await startRecorded(processesFolder(folder), record, { command, args, cwd: folder, logFile, env })
}

export function plainName(recordName: string): string {
  return recordName.replace(/^\d+-/, '')
}

function endOfLogs(folder: string): string {
  return systemProcesses(folder)
    .map(({ name }) => `${plainName(name)}:\n${endOfLog(folder, plainName(name))}`)
    .join('\n')
}

function endOfLog(folder: string, name: string): string {
  const path = join(folder, 'logs', `${name}.log`)
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-logLines).join('\n') : '(no log)'
}
