import { writeSync } from 'node:fs'
import { RollbackError } from '@backstep/core'
import { fileStore } from '../../src/journal/file-store.ts'
import { samplePlan } from './samples.ts'

/**
 * Appends numbered records to a run until it is killed, several at a time, and prints each number after its append was acknowledged.
 * Arguments: state directory, run id. When another process writes to the run it prints the code of the refusal and ends.
 */
const [directory = '', runId = ''] = process.argv.slice(2)
const store = fileStore({ directory })
const writer = await store.open(runId).catch(async (error: unknown) => {
  if (error instanceof RollbackError && error.code === 'RUN_NOT_FOUND') return store.create(runId, samplePlan)
  throw error
})
let number = writer.records.length

async function appendNext(size: number): Promise<void> {
  const numbers = Array.from({ length: size }, () => number++)
  await writer.append(numbers.map((value) => ({ at: Date.now(), type: 'step.noted', id: 'k8s.undo-rollout@shop', note: { value } })))
  writeSync(1, `${numbers.join('\n')}\n`)
}

for (let round = 0; ; round++) await Promise.all([1, 1 + (round % 3), 1].map(appendNext))
