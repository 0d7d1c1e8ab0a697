import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fail } from '../kit/failure.ts'
import { writeWhole, type Instruction } from './instruction.ts'

export interface ChildOptions {
  readonly module: URL
  readonly instruction: Instruction
  /** Kills it from outside after this long. */
  readonly killAfterMs?: number
  /** Gives it up, and the test with it. */
  readonly limitMs: number
}

export interface ChildResult {
  readonly wasKilled: boolean
  readonly tookMs: number
}

/** Runs one child until it ends by itself, ends itself at its contact, or is killed. */
export async function runChild({ module, instruction, killAfterMs, limitMs }: ChildOptions): Promise<ChildResult> {
  const path = join(instruction.directory, 'instruction.json')
  await writeWhole(path, instruction)
  // Node may keep what it has compiled, so that each further child starts in a third of the time.
  const env = { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env, NODE_TEST_CONTEXT: undefined }
  const startedAt = performance.now()
  const child = spawn(process.execPath, [fileURLToPath(module), path], { stdio: ['ignore', 'ignore', 'pipe'], env })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)))
  let isOverdue = false
  const kill = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  const overdue = setTimeout(() => {
    isOverdue = true
    child.kill('SIGKILL')
  }, limitMs)
  const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, exitSignal) => resolve({ code: exitCode, signal: exitSignal }))
  })
  clearTimeout(kill)
  clearTimeout(overdue)
  if (isOverdue) fail(`The child process did not end within ${limitMs} ms: ${said}`)
  if (signal === null && code !== 0) fail(`The child process ended with code ${code}: ${said}`)
  return { wasKilled: signal !== null, tookMs: performance.now() - startedAt }
}
