import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileStore } from '../../src/journal/file-store.ts'

export interface KillResult {
  readonly kills: number
  /** Records that were acknowledged before a kill, over all rounds. */
  readonly acknowledged: number
  /** Half-written last records that were repaired. */
  readonly repaired: number
  /** What was wrong; empty when every promise held. */
  readonly faults: readonly string[]
}

/** Lets a child process append, kills it at a random moment, and looks whether every acknowledged record is there; again and again on one run. */
export async function killWriters(options: {
  readonly directory: string
  readonly kills: number
  readonly seed: number
}): Promise<KillResult> {
  const random = randomNumbers(options.seed)
  const store = fileStore({ directory: options.directory })
  const faults: string[] = []
  let acknowledged = 0
  let repaired = 0
  for (let kill = 0; kill < options.kills; kill++) {
    const last = await killedChild(options.directory, Math.floor(random() * 60), random() * 15)
    acknowledged = Math.max(acknowledged, last + 1)
    const writer = await store.open('r1')
    if (writer.repaired !== undefined) repaired += 1
    const values = writer.records.map((record) => (record.type === 'step.noted' ? record.note['value'] : undefined))
    if (values.length < acknowledged) faults.push(`kill ${kill}: ${values.length} records, but ${acknowledged} were acknowledged`)
    const wrong = values.findIndex((value, index) => value !== index)
    if (wrong !== -1) faults.push(`kill ${kill}: record ${wrong} holds ${JSON.stringify(values[wrong])}`)
    if (writer.epoch !== kill + 2) faults.push(`kill ${kill}: epoch ${writer.epoch}`)
    await writer.close()
  }
  return { kills: options.kills, acknowledged, repaired, faults }
}

/** Kills after `count` acknowledged numbers and some time more. The last number that the child printed. */
async function killedChild(directory: string, count: number, extraMs: number): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'append-child.ts'), directory, 'r1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => {
    child.on('close', () => resolve())
  })
  let printed = ''
  let lines = 0
  const reached = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1')
      printed += text
      lines += text.split('\n').length - 1
      if (lines > count) resolve()
    })
    child.on('exit', (code) => {
      if (code !== null) reject(new Error(`the child ended by itself with code ${code}`))
    })
  })
  await reached
  await wait(extraMs)
  child.kill('SIGKILL')
  await exited
  const whole = printed.slice(0, printed.lastIndexOf('\n')).split('\n')
  return Number(whole.at(-1))
}

/** mulberry32: small, seeded, good enough to choose moments. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
