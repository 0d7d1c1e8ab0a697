import { readFileSync } from 'node:fs'
import { allInstances, type Instance, livingUsers, sharedFolder, systemProcesses } from './instance.ts'
import { megabytesOf } from './install.ts'
import { isAlive } from './processes.ts'
import { whatIsWrong } from './running.ts'
import { plainName } from './start-context.ts'
import { systemNamed } from './systems.ts'

/** What runs on this machine, for people. */
export async function statusLines(): Promise<readonly string[]> {
  const instances = allInstances()
  if (instances.length === 0) return ['nothing runs']
  return (await Promise.all(instances.map(linesOf))).flat()
}

/** Settings that are shown to nobody. */
export function isCredential(name: string): boolean {
  return /token|password/i.test(name)
}

async function linesOf(instance: Instance): Promise<readonly string[]> {
  const { folder, state } = instance
  const system = systemNamed(state.system)
  const problem = system === undefined ? 'this checkout does not know it' : await whatIsWrong(instance, system)
  const isShared = system !== undefined && sharedFolder(system) === folder
  const users = livingUsers(folder).map(({ pid }) => pid)
  const processes = systemProcesses(folder).filter(isAlive)
  return [
    `${state.system} ${state.version}: ${problem ?? 'healthy'}, since ${state.since}${isShared ? '' : ' (another version, or a test of its own)'}`,
    `  ${state.isKept ? 'kept until `pnpm testbed down`' : 'stopped when its last user is gone'}; used by ${users.length === 0 ? 'nobody' : `process ${users.join(', ')}`}`,
    `  folder       ${folder} (${megabytesOf(folder)} MB)`,
    ...Object.entries(state.settings).flatMap(([name, value]) => (isCredential(name) ? [] : [`  ${name.padEnd(12)} ${value}`])),
    ...processes.map(({ name, pid }) => `  process ${String(pid).padStart(7)}  ${plainName(name).padEnd(24)} ${memoryOf(pid)}`),
  ]
}

function memoryOf(pid: number): string {
  try {
    const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
    return `${Math.round(kilobytes / 1000)} MB`
  } catch {
    return ''
  }
}
