import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seal, type RunRecord } from '@backstep/core'
import { fileStore } from '@backstep/runner'
import { reportFigure, reportInfo } from './figure.ts'
import { noOpPlan } from './no-op.ts'
import { median, timed } from './statistics.ts'
import { makeWorld } from './world.ts'

/** Reading and checking a journal, over the least that any reader of a hash-chained text file does: read it, hash and parse each line. */
const count = 100_000
const rounds = 7
const directory = makeWorld('journal')
const { plan } = await seal(noOpPlan('sequence', 1), { context: {} as never })
const path = join(directory, 'runs', 'long', 'journal.jsonl')

async function write(): Promise<void> {
  const writer = await fileStore({ directory }).create('long', plan)
  const records = Array.from({ length: count }, (_, number): RunRecord => {
    const id = `bench.no-op@n${number}`
    return {
      at: Date.UTC(2026, 0, 1) + number,
      type: 'step.noted',
      id,
      note: { number, state: 'running', operation: `operations/${number}` },
    }
  })
  for (let start = 0; start < count; start += 1000) await writer.append(records.slice(start, start + 1000))
  await writer.close()
}

function readBare(): number {
  let length = 0
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue
    length += hash('sha256', line).length
    JSON.parse(line)
  }
  return length
}

await write()
const measured: { readonly ours: number; readonly bare: number }[] = []
for (let round = 0; round < rounds; round++) {
  const ours = await timed(async () => {
    const { records } = await fileStore({ directory }).read('long')
    if (records.length !== count) throw new Error(`${records.length} records were read instead of ${count}`)
  })
  measured.push({ ours, bare: await timed(readBare) })
}
reportInfo({ name: 'journal-read-100000-ms', value: median(measured.map(({ ours }) => ours)), unit: 'ms' })
const value = median(measured.map(({ ours, bare }) => ours / bare))
reportFigure({ name: 'journal-read-over-bare-read', value, unit: 'x', target: { atMost: 2 } })
