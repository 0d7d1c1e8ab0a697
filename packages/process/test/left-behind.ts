import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

const program = new URL('./left-behind.child.ts', import.meta.url).pathname

/** Starts a process of ours that starts the script as a tool. */
export function startParent(folder: string, whenWeDie: 'finish' | 'stop', script: string): ChildProcess {
  return spawn(process.execPath, [program, folder, whenWeDie, script], { stdio: 'inherit' })
}

/** Kills as a crash would, and waits until it is gone. One that has ended says so never again. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

export async function until(isSo: () => boolean): Promise<void> {
  for (let looks = 0; !isSo(); looks++) {
    if (looks > 1000) throw new Error(`it never became so: ${isSo.toString()}`)
    await wait(10)
  }
}

export function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

export function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
  } catch {
    return false
  }
  return !/^\d+ \(.*\) Z/.test(textOf(`/proc/${processId}/stat`))
}
