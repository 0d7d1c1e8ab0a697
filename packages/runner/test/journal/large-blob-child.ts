import { createHash } from 'node:crypto'
import { fileStore } from '../../src/journal/file-store.ts'
import { samplePlan } from './samples.ts'

/** Keeps a snapshot of so many MiB and reads it back. Prints the most memory that it took, as JSON. Arguments: directory, MiB. */
const [directory = '', megabytes = '1'] = process.argv.slice(2)
const piece = Buffer.alloc(1024 * 1024, 'snapshot of a table; ')
async function* snapshot(): AsyncGenerator<Uint8Array> {
  for (let number = 0; number < Number(megabytes); number++) yield piece
}

const writer = await fileStore({ directory }).create('r1', samplePlan)
const startKilobytes = process.resourceUsage().maxRSS
const blob = await writer.putBlob(snapshot())
const [written, read] = [createHash('sha256'), createHash('sha256')]
for await (const chunk of snapshot()) written.update(chunk)
for await (const chunk of writer.getBlob(blob)) read.update(chunk)
const grewMegabytes = (process.resourceUsage().maxRSS - startKilobytes) / 1024
console.log(JSON.stringify({ bytes: blob.bytes, isSame: written.digest('hex') === read.digest('hex'), grewMegabytes }))
await writer.close()
