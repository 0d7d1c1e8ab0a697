import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { RunRecord } from '@backstep/core'
import type { FromRunProcess } from '../story/run-process.ts'

/** When to kill: so many records after the start of the process, and a little later. */
export interface Moment {
  readonly afterRecords: number
  readonly thenMs: number
}
export interface RunFiles {
  readonly root: string
  readonly order: string
  readonly runId: string
}

const runProcess = fileURLToPath(new URL('../story/run-process.ts', import.meta.url))

/** Runs or resumes in a process of its own. Resolves with the types of its records, and whether it was killed. */
export function runInProcess(
  { root, order, runId }: RunFiles,
  moment?: Moment,
): Promise<{ readonly records: readonly RunRecord['type'][]; readonly wasKilled: boolean }> {
  const child = fork(runProcess, [root, order, runId], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const records: RunRecord['type'][] = []
  let timer: NodeJS.Timeout | undefined
  const aim = (): void => {
    if (moment?.afterRecords === records.length) timer = setTimeout(() => child.kill('SIGKILL'), moment.thenMs)
  }
  aim()
  child.on('message', (message: FromRunProcess) => {
    if (!('event' in message) || message.event.type !== 'record') return
    records.push(message.event.record.type)
    aim()
  })
  return new Promise((resolve) => {
    child.on('exit', (_, signal) => {
      clearTimeout(timer)
      resolve({ records, wasKilled: signal === 'SIGKILL' })
    })
  })
}
