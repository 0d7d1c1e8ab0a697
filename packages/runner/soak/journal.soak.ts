/**
 * Kills a process that appends to a journal, 200 times or as often as the first argument says, and looks whether every acknowledged record is
 * there. A second argument changes the seed. Then reads a journal of more than 512 MiB, the longest text that a string can hold.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore } from '../src/journal/file-store.ts'
import { killWriters } from '../test/journal/kill-writer.ts'
import { samplePlan } from '../test/journal/samples.ts'

const kills = Number(process.argv[2] ?? 200)
const seed = Number(process.argv[3] ?? 1)

async function soakKills(directory: string): Promise<boolean> {
  const result = await killWriters({ directory, kills, seed })
  console.log(`${result.kills} kills (seed ${seed}): ${result.acknowledged} records acknowledged, ${result.repaired} torn ones repaired`)
  for (const fault of result.faults) console.error(`FAULT ${fault}`)
  return result.faults.length === 0 && result.acknowledged > 0
}

async function soakLargeJournal(directory: string): Promise<boolean> {
  const store = fileStore({ directory })
  const writer = await store.create('large', samplePlan)
  const text = 'x'.repeat(64 * 1024)
  for (let batch = 0; batch < 90; batch++) {
    await writer.append(
      Array.from({ length: 100 }, (_, number) => ({ at: batch, type: 'step.noted', id: 'a.b@c', note: { number, text } }) as const),
    )
  }
  const { size } = await stat(join(directory, 'runs', 'large', 'journal.jsonl'))
  const startedAt = performance.now()
  const { records, head } = await store.read('large')
  console.log(
    `${records.length} records in ${(size / 2 ** 20).toFixed(0)} MiB read in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
  )
  const isWhole = size > 512 * 2 ** 20 && records.length === 9000 && head === writer.head
  if (!isWhole) console.error(`FAULT the large journal is not whole`)
  await writer.close()
  return isWhole
}

const directory = await mkdtemp(join(tmpdir(), 'backstep-soak-'))
try {
  const results = [await soakKills(directory), await soakLargeJournal(directory)]
  process.exitCode = results.every(Boolean) ? 0 : 1
} finally {
  await rm(directory, { recursive: true, force: true })
}
